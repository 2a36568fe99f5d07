/* The dialog of a tile: its conditions are built by js/filter.js, what it would show is drawn beside
   them as it is made, and what was typed stays when another table or kind is chosen. */
(() => {
  const form = () => document.getElementById("tile-form");
  const HTML = { Accept: "text/html" };
  let turn = 0;
  let timer = 0;

  function conditions(box) {
    box.dataset.built = "";
    const input = box.querySelector("input[type=hidden]");
    const words = { ...box.dataset, choose: box.dataset.chooseWord };
    const filter = new window.rounds.Filter(box.querySelector("[data-condition-rows]"), JSON.parse(box.dataset.about), {
      words,
      change: () => {
        const found = filter.condition();
        input.value = found === null ? "" : JSON.stringify(found);
        later();
      },
    });
    box.querySelector("[data-add-condition]").addEventListener("click", () => filter.add());
    box.querySelector("[data-add-group]").addEventListener("click", () => filter.add({ group: true }));
  }

  async function preview() {
    const own = form();
    if (!own) return;
    const mine = ++turn;
    const { ok, text } = await window.rounds.fetch(`${own.dataset.tile}/preview`, { body: new FormData(own), headers: HTML, quiet: true });
    const stage = form()?.querySelector("[data-tile-preview]");
    if (mine !== turn || !stage || !ok) return;
    stage.innerHTML = text;
    stage.dispatchEvent(new CustomEvent("rounds:chart", { bubbles: true }));
  }
  function later() { clearTimeout(timer); timer = setTimeout(preview, 250); }

  const typed = () => new Map([...form().querySelectorAll("input[id], textarea[id], select[id]:not(.tomselected)")].map((one) => [one.id, one.value]));

  /** The dialog again, with `more` said; where one was stays where one is, and what was typed
      while the answer was under way. One after another: each says what the one before brought. */
  let turns = Promise.resolve();
  function redraw(more = {}) {
    const own = form();
    const run = () => (form() === own || form()?.dataset.tile === own.dataset.tile ? redrawn(more) : null);
    turns = turns.then(run, run);
  }

  async function redrawn(more) {
    const own = form();
    const before = typed();
    const body = new FormData(form());
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    const { ok, text } = await window.rounds.fetch(`${form().dataset.tile}/draft`, { body, headers: HTML });
    if (!ok || form() !== own) return;
    const held = document.activeElement?.id;
    const since = [...typed()].filter(([id, value]) => before.get(id) !== value);
    const dialog = document.getElementById("dialog-body");
    dialog.querySelectorAll("select.tomselected").forEach((one) => one.tomselect?.destroy());
    dialog.innerHTML = text;
    window.htmx.process(dialog);
    for (const [id, value] of since) {
      const one = document.getElementById(id);
      if (one && (!one.options || [...one.options].some((option) => option.value === value))) one.value = value;
    }
    if (held) document.getElementById(held)?.focus();
    dress();
  }

  function dress() {
    form()?.querySelectorAll("[data-conditions]:not([data-built])").forEach(conditions);
    if (form() && !form().dataset.shown) { form().dataset.shown = ""; preview(); }
  }

  document.addEventListener("htmx:after:settle", dress);
  document.addEventListener("input", (event) => { if (event.target.form === form() && event.target.name) later(); });
  document.addEventListener("change", (event) => {
    if (!form() || event.target.form !== form()) return;
    if (event.target.matches("[data-redraw]")) redraw();
    else if (event.target.name) later();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#tile-form [data-kind]");
    if (button) redraw({ kind: button.dataset.kind });
  });
})();
