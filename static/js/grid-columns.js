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

  Grid.parts.push((grid) => {
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
