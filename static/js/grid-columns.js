/* Grid, its columns: width by dragging an edge, order by dragging a head, a menu under each name. */
(() => {
  const { Grid } = window.rounds;
  const [NARROWEST, WIDEST] = [60, 800];

  const key = (grid) => `rounds.widths.${grid.root.dataset.view}`;

  function ownWidths(grid) {
    try { return JSON.parse(localStorage.getItem(key(grid))) || {}; } catch { return {}; }
  }

  /** Widths belong to the view where the person may change it, else to this browser. */
  function keepWidths(grid) {
    const widths = Object.fromEntries(grid.columns.map((column) => [column.id, column.width]));
    if (grid.root.dataset.change)
      window.rounds.fetch(`/v/${grid.root.dataset.view}/options`, { json: { widths }, quiet: true });
    else try { localStorage.setItem(key(grid), JSON.stringify(widths)); } catch { /* this page only */ }
  }

  function resize(grid, event) {
    const column = grid.columns.find((one) => String(one.id) === event.target.closest(".head").dataset.column);
    const [start, width] = [event.clientX, column.width];
    let frame = 0;
    event.preventDefault();
    const move = (moved) => {
      column.width = Math.round(Math.max(NARROWEST, Math.min(WIDEST, width + moved.clientX - start)));
      frame ||= requestAnimationFrame(() => { frame = 0; grid.layColumns(); grid.putInput(); });
    };
    const done = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", done);
      if (column.width !== width) keepWidths(grid);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", done);
  }

  /** The menu under a column's name. */
  function fillMenu(grid, menu, column) {
    const { words } = grid;
    const ask = (name, detail) => () => document.dispatchEvent(new CustomEvent(`rounds:view-${name}`, { detail: { field: column.id, ...detail } }));
    const items = [
      column.sorts && [words.rising, ask("sort", { desc: false }), column.sorted === "asc"],
      column.sorts && [words.falling, ask("sort", { desc: true }), column.sorted === "desc"],
      column.sorted && [words.unsorted, ask("sort", { desc: null })],
      [words.filter, ask("filter")],
      column !== grid.columns[0] && [words.hide, ask("hide")],
    ];
    menu.replaceChildren(...items.filter(Boolean).map(([label, run, on]) => {
      const item = Object.assign(document.createElement("button"), { type: "button", className: "menu-item", textContent: label });
      if (on) item.setAttribute("aria-pressed", "true");
      item.addEventListener("click", () => { menu.hidePopover(); run(); });
      return item;
    }));
    if (column.closed) menu.append(Object.assign(document.createElement("p"), { className: "menu-title", textContent: column.closed }));
  }

  Grid.parts.push((grid) => {
    const menu = grid.root.querySelector("#column-menu");
    grid.head.addEventListener("click", (event) => {
      const head = event.target.closest(".head-name")?.closest(".head");
      const column = head && grid.columns.find((one) => String(one.id) === head.dataset.column);
      if (column) fillMenu(grid, menu, column);
    }, true);
    if (!grid.root.dataset.change) {
      const own = ownWidths(grid);
      for (const column of grid.columns) if (own[column.id]) column.width = own[column.id];
      grid.layColumns();
    }
    grid.head.addEventListener("pointerdown", (event) => {
      if (event.target.closest("[data-resize]")) resize(grid, event);
    });
    const heads = grid.head.querySelector(".free");
    if (!window.Sortable) return;
    const sortable = window.Sortable.create(heads, {
      animation: 120, filter: "[data-resize]", preventOnFilter: false, delay: 150, delayOnTouchOnly: true,
      onEnd: ({ oldIndex, newIndex }) => {
        if (oldIndex === newIndex) return;
        const order = [grid.columns[0].id, ...[...heads.children].map((one) => Number(one.dataset.column))];
        document.dispatchEvent(new CustomEvent("rounds:view-order", { detail: { order } }));
      },
    });
    grid.on("destroy", () => sortable.destroy());
  });
})();
