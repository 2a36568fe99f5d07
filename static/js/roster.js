/* Roster: its settings are saved into the view; the next page comes as its button is reached. */
(() => {
  const parsed = (text) => (text ? JSON.parse(text) : null);

  /** The options of the dialog; null where a number of days is none. */
  function given(form) {
    const data = new FormData(form);
    const inputs = [...form.querySelectorAll("input[type=number]")].filter((one) => !one.closest("[hidden]"));
    if (inputs.some((one) => !one.checkValidity())) return null;
    const options = { target_days: data.get("target_days") || null };
    if (data.has("visits")) {
      options.visits = { ...parsed(data.get("visits")), date: parsed(data.get("date")), done: parsed(data.get("done")), planned: parsed(data.get("planned")) };
      options.tiers = tiers(form, data.get("tier"));
    }
    for (const name of ["open", "risk"]) {
      const pair = parsed(data.get(name));
      options[name] = pair && { ...pair, condition: parsed(data.get(`${name}_condition`)) };
    }
    return options;
  }

  function tiers(form, field) {
    if (!field) return null;
    const inputs = form.querySelectorAll(`[data-tier="${field}"] [data-option]`);
    return { field: Number(field), days: Object.fromEntries([...inputs].map((one) => [one.dataset.option, one.value || null])) };
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-roster-settings]");
    if (!form || event.target.name !== "tier") return;
    for (const one of form.querySelectorAll("[data-tier]")) one.hidden = one.dataset.tier !== event.target.value;
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-roster-settings]");
    if (!form) return;
    event.preventDefault();
    const error = form.querySelector("[data-error]");
    const json = given(form);
    const address = form.dataset.rosterSettings;
    const answer = json ? await window.rounds.fetch(`${address}/options`, { method: "POST", json }) : { data: { error: form.dataset.bad } };
    if (answer.ok) { location.href = address; return; }
    error.hidden = !answer.data?.error;
    error.textContent = answer.data?.error || "";
    error.scrollIntoView({ block: "nearest" });
  });

  const reached = new IntersectionObserver((entries) => {
    for (const one of entries) if (one.isIntersecting) { reached.unobserve(one.target); one.target.click(); }
  }, { rootMargin: "300px" });
  const watch = () => { for (const one of document.querySelectorAll("[data-more]:not([data-seen])")) { one.dataset.seen = ""; reached.observe(one); } };
  document.addEventListener("htmx:after:swap", watch);
  document.addEventListener("DOMContentLoaded", watch);
  if (document.readyState !== "loading") watch();
})();
