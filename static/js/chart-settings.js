/* The panel beside a chart: what is set is drawn at once and stands in the address; each kind shows
   the settings that are its own. */
(() => {
  const form = () => document.querySelector("[data-chart-settings]");
  const panel = () => document.getElementById("chart-settings");

  /* ---- which settings there are ------------------------------------------------------------------- */

  function arrange() {
    const own = form();
    if (!own) return;
    const kind = own.querySelector("[name=chart]:checked") || own.querySelector("[name=chart]");
    const settings = kind.dataset.settings.split(" ");
    const logged = kind.hasAttribute("data-log");
    const group = own.querySelector(logged ? "#chart-of-stage" : "#chart-group");
    const timely = !logged && own.dataset.timely.split(",").includes(group?.value);
    const split = settings.includes("split") && own.elements.split.value;
    for (const box of own.querySelectorAll("[data-for]")) {
      const name = box.dataset.for;
      let shown = settings.includes(name);
      if (box.hasAttribute("data-plain")) shown &&= !logged;
      if (box.hasAttribute("data-of-log")) shown &&= logged;
      if (box.hasAttribute("data-bucket") || box.hasAttribute("data-times")) shown &&= timely;
      if (name === "order" || name === "top") shown &&= !timely;
      if (box.dataset.more) shown &&= Number(box.dataset.more) <= Number(kind.dataset.measures) && !split && earlier(own, Number(box.dataset.more));
      show(box, shown);
    }
    for (const step of own.querySelectorAll("[data-of]")) show(step, step.dataset.of === own.querySelector("#chart-of-stage")?.value && settings.includes("steps"));
    if (settings.includes("compare")) show(own.elements.span.closest(".field"), Boolean(own.elements.compare.value));
  }

  /** The third measure is offered once there is a second. */
  const earlier = (own, place) => place < 3 || Boolean(own.querySelector(`#chart-more-${place - 2}`).value);

  function show(box, shown) {
    box.hidden = !shown;
    for (const input of box.querySelectorAll("input, select")) input.disabled = !shown;
  }

  /* ---- drawn at once --------------------------------------------------------------------------------- */

  function asked() {
    const own = form();
    const given = new URLSearchParams(new FormData(own));
    const steps = given.getAll("steps");
    const ticked = given.getAll("cumulative");
    if (steps.length) given.set("steps", steps.join(","));
    if (ticked.length) given.set("cumulative", ticked.at(-1));
    if (own.querySelector("[name=more]:enabled")) given.set("more", given.getAll("more").filter(Boolean).join(","));
    else given.delete("more");
    for (const name of ["filter", "saved", "q", "moved"]) {
      const now = new URLSearchParams(location.search).get(name);
      given.delete(name);
      if (now !== null) given.set(name, now);
    }
    return given;
  }

  let turn = 0;
  async function draw() {
    const mine = ++turn;
    const own = form();
    const query = asked().toString();
    const stage = document.getElementById("chart-stage");
    stage.setAttribute("aria-busy", "true");
    const { ok, text, data } = await window.rounds.fetch(`/v/${own.dataset.view}/data/drawing?${query}`, { headers: { Accept: "text/html" } });
    if (mine !== turn) return;
    stage.removeAttribute("aria-busy");
    own.querySelector("[data-chart-error]").textContent = ok ? "" : data?.error || "";
    if (!ok) return;
    stage.innerHTML = text;
    stage.dispatchEvent(new Event("rounds:chart", { bubbles: true }));
    history.replaceState(history.state, "", `/v/${own.dataset.view}?${query}`);
    own.querySelector("[data-chart-reset]").hidden = false;
  }

  let timer = 0;
  function later(ms) { clearTimeout(timer); timer = setTimeout(draw, ms); }

  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-chart-settings]")) return;
    arrange();
    later(0);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-chart-settings] :is(#chart-top, #chart-target)")) later(350);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-chart-settings]")) return;
    event.preventDefault();
    later(0);
  });

  /* ---- saved --------------------------------------------------------------------------------------------- */

  const measureOf = (text) => { const [kind, field] = text.split(":"); return { kind, field: field ? Number(field) : null }; };

  function settings() {
    const given = asked();
    const wanted = { chart: given.get("chart") };
    for (const name of ["group", "split"]) if (given.has(name)) wanted[name] = Number(given.get(name)) || null;
    for (const name of ["bucket", "ranking", "gaps", "during"]) if (given.has(name)) wanted[name] = given.get(name);
    if (given.has("measure")) wanted.measure = measureOf(given.get("measure"));
    if (given.has("more")) wanted.more = given.get("more").split(",").filter(Boolean).map(measureOf);
    if (given.has("top")) wanted.top = Number(given.get("top")) || null;
    if (given.has("target")) wanted.target = given.get("target") || null;
    if (given.has("cumulative")) wanted.cumulative = given.get("cumulative") === "1";
    if (given.has("compare")) wanted.compare = given.get("compare") ? { date: Number(given.get("compare")), span: given.get("span") || "this_month" } : null;
    if (given.has("steps")) wanted.steps = given.get("steps").split(",").map(Number);
    return wanted;
  }

  document.addEventListener("click", async (event) => {
    const own = form();
    if (event.target.closest("[data-chart-panel]")) toggle();
    if (event.target.closest("[data-chart-copy]")) window.htmx.ajax("GET", `/v/${own.dataset.view}/copy${location.search}`, { source: event.target, target: "#dialog-body" });
    if (!event.target.closest("[data-chart-save]")) return;
    const { ok, status, data } = await window.rounds.fetch(`/v/${own.dataset.view}/options`, { method: "POST", json: settings() });
    if (ok) location.href = `/v/${own.dataset.view}`;
    else if (status && status < 500 && data?.error) own.querySelector("[data-chart-error]").textContent = data.error;
  });

  let wanted = false;
  function toggle(open = panel().hidden) {
    wanted = open;
    panel().hidden = !open;
    const button = document.querySelector(".chart-tools [data-chart-panel]");
    button.setAttribute("aria-expanded", String(open));
    if (open) { arrange(); form().querySelector("[name=chart]:checked")?.focus({ preventScroll: true }); } else button.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.("#chart-settings")) toggle(false);
  });

  /* The workbook is of what the address says now. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-chart-xlsx]");
    if (link) link.search = location.search;
  });

  arrange();
  document.addEventListener("htmx:after:settle", () => {
    if (wanted && panel()?.hidden) toggle(true); // the view was asked anew beneath its filter
    arrange();
  });
})();
