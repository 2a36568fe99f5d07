/* Settings of a view kind: what is chosen is saved into the view, which is then shown anew. */
(() => {
  /** Colour rules as they stand; lines without a condition are left out. */
  function rulesOf(form) {
    const lines = [...form.querySelectorAll("[data-rule]")];
    const rules = lines.map((line) => ({
      when: JSON.parse(line.querySelector("[data-rule-when]").value),
      color: line.querySelector("[data-rule-color]").value,
    }));
    return lines.length ? { rules: rules.filter((one) => one.when !== null) } : {};
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-kind-settings]");
    if (!form) return;
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, JSON.parse(value)]));
    const address = form.dataset.kindSettings;
    const { ok, status, data } = await window.rounds.fetch(`${address}/options`, { method: "POST", json: { ...given, ...rulesOf(form) } });
    if (ok) { location.href = address; return; }
    const error = form.querySelector("[data-error]");
    error.hidden = !(status && status < 500);
    error.textContent = data?.error || "";
  });
})();
