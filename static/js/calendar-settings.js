/* Calendar settings: fetched when they are opened; a block for each table, saved into the view,
   which is then shown anew. */
(() => {
  const panel = () => document.getElementById("calendar-settings");

  /** Conditions are built by js/filter.js; what it picks people and records with comes along. */
  function conditions(root) {
    for (const box of root.querySelectorAll("[data-conditions]")) {
      const input = box.querySelector("input[type=hidden]");
      const words = { ...box.dataset, choose: box.dataset.chooseWord };
      const filter = new window.rounds.Filter(box.querySelector("[data-condition-rows]"), JSON.parse(box.dataset.about), {
        words,
        change: () => { input.value = JSON.stringify(filter.condition()); },
      });
      box.querySelector("[data-add-condition]").addEventListener("click", () => filter.add());
      box.querySelector("[data-add-group]").addEventListener("click", () => filter.add({ group: true }));
    }
  }

  function script(src) {
    if ([...document.scripts].some((one) => one.getAttribute("src") === src)) return Promise.resolve();
    return new Promise((done) => {
      document.head.append(Object.assign(document.createElement("script"), { src, async: false, onload: done, onerror: done }));
    });
  }

  async function fetched(what, query = "") {
    const needs = document.getElementById("view-tools")?.dataset.needs || "";
    const [{ ok, text }] = await Promise.all([
      window.rounds.fetch(`${panel().dataset.view}/data/${what}${query}`, { headers: { Accept: "text/html" } }),
      ...needs.split(" ").filter(Boolean).map(script),
    ]);
    if (!ok) return null;
    const made = document.createElement("template");
    made.innerHTML = text;
    return made.content;
  }

  async function fill() {
    if (panel().querySelector("form")) return;
    const content = await fetched("settings");
    if (!content || panel().querySelector("form")) return;
    panel().replaceChildren(content);
    conditions(panel());
    panel().querySelector("select")?.focus();
  }

  document.addEventListener("toggle", (event) => {
    if (event.target === panel() && event.newState === "open") fill();
  }, true);

  document.addEventListener("change", async (event) => {
    const chooser = event.target.closest("[data-add-layer]");
    if (!chooser?.value) return;
    const content = await fetched("layer", `?table=${chooser.value}`);
    chooser.value = "";
    if (!content) return;
    const block = content.querySelector("[data-layer]");
    panel().querySelector("[data-layers]").append(content);
    conditions(block);
    block.open = true;
    block.querySelector("select").focus();
  });

  document.addEventListener("click", (event) => {
    event.target.closest("[data-remove-layer]")?.closest("[data-layer]").remove();
  });

  const read = (block) => Object.fromEntries(
    [...block.querySelectorAll("select[name], input[type=hidden][name]")].map((one) => [one.name, JSON.parse(one.value || "null")]));

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-calendar-settings]");
    if (!form) return;
    event.preventDefault();
    const [own, ...layers] = [...form.querySelectorAll("[data-layer]")].map((block) =>
      ({ ...read(block), ...(block.dataset.layer ? { key: block.dataset.layer, table: Number(block.dataset.table) } : {}) }));
    const address = form.dataset.calendarSettings;
    const { ok, status, data } = await window.rounds.fetch(`${address}/options`, { method: "POST", json: { ...own, layers } });
    if (ok) { location.href = address; return; }
    const error = form.querySelector("[data-error]");
    error.hidden = !(status && status < 500);
    error.textContent = data?.error || "";
  });
})();
