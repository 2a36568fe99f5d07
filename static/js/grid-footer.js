/* Grid, the footer: a figure under each column, chosen by pressing it; the same in group headings. */
(() => {
  const { Grid } = window.rounds;

  function show(grid, data) {
    for (const button of grid.foot.querySelectorAll("[data-figure]")) {
      const id = button.dataset.figure;
      const kind = data.kinds[id];
      button.classList.toggle("is-set", Boolean(kind));
      button.dataset.kind = kind || "";
      button.querySelector("small").textContent = kind ? grid.words.figures[kind] : button.dataset.add;
      button.querySelector("b").textContent = kind ? data.all[id] || "–" : "";
    }
    grid.showSums?.(data);
  }

  async function ask(grid) {
    const mine = (grid.asked = (grid.asked || 0) + 1);
    const { ok, data } = await window.rounds.fetch(grid.address("summary"));
    if (ok && mine === grid.asked && grid.root.isConnected) { grid.figures = data; show(grid, data); }
  }

  /** Into the view where the person may change it, else into the address. */
  async function choose(grid, id, kind) {
    const kinds = { ...grid.figures?.kinds };
    if (kind) kinds[id] = kind; else delete kinds[id];
    grid.figures = { ...grid.figures, kinds }; // who chooses the next at once adds to it
    const inAddress = new URLSearchParams(grid.root.dataset.query).has("sum");
    if (grid.root.dataset.change && !inAddress) {
      const { ok, data } = await window.rounds.fetch(`/v/${grid.root.dataset.view}/options`, { json: { summaries: kinds } });
      if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return; }
      ask(grid);
      return;
    }
    const sum = Object.entries(kinds).map((one) => one.join(":")).join(",");
    document.dispatchEvent(new CustomEvent("rounds:view-address", { detail: { sum } }));
  }

  function fill(grid, menu, button) {
    const column = grid.columns.find((one) => String(one.id) === button.dataset.figure);
    const items = [["", grid.words.none], ...column.figures.map((kind) => [kind, grid.words.figures[kind]])];
    menu.replaceChildren(...items.map(([kind, label]) => {
      const item = Object.assign(document.createElement("button"), { type: "button", className: "menu-item", textContent: label });
      if (kind === button.dataset.kind) item.setAttribute("aria-pressed", "true");
      item.addEventListener("click", () => { menu.hidePopover(); button.focus(); choose(grid, button.dataset.figure, kind); });
      return item;
    }));
  }

  Grid.parts.push((grid) => {
    const menu = grid.root.querySelector("#figure-menu");
    grid.foot.addEventListener("click", (event) => {
      const button = event.target.closest("[data-figure]");
      if (button) fill(grid, menu, button);
    }, true);
    grid.foot.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by || !event.target.matches("[data-figure]")) return;
      event.preventDefault();
      const all = [...grid.foot.querySelectorAll("[data-figure]")];
      all[all.indexOf(event.target) + by]?.focus();
    });
    grid.on("measured", () => ask(grid));
    let later = 0;
    grid.on("changed", () => { clearTimeout(later); later = setTimeout(() => { if (Object.keys(grid.figures?.kinds || {}).length) ask(grid); }, 400); });
    grid.on("destroy", () => clearTimeout(later));
  });
})();
