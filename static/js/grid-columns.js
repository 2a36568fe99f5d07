/* Grid, its columns: width by dragging an edge, order by dragging a head, a menu under each name. */
(() => {
  const { Grid } = window.rounds;
  const [NARROWEST, WIDEST, MOST_FROZEN] = [60, 800, 5];

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

  /** Keys on a head: to the next one; with Alt the column moves, with Shift and Alt it grows. */
  function onKey(grid, event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const head = event.target.closest(".head");
    if (!by || !head) return;
    event.preventDefault();
    const at = grid.columns.findIndex((one) => String(one.id) === head.dataset.column);
    if (event.altKey && event.shiftKey) widen(grid, grid.columns[at], 10 * by);
    else if (event.altKey) move(grid, at, at + by);
    else grid.head.querySelector(`[data-column="${grid.columns[at + by]?.id}"] .head-name`)?.focus();
  }

  function widen(grid, column, by) {
    column.width = Math.max(NARROWEST, Math.min(WIDEST, column.width + by));
    grid.layColumns();
    grid.putInput();
    clearTimeout(grid.widening);
    grid.widening = setTimeout(() => keepWidths(grid), 600);
  }

  function move(grid, from, to) {
    if (from < 1 || to < 1 || to >= grid.columns.length) return; // the title stays first
    const order = grid.columns.map((one) => one.id);
    order.splice(to, 0, ...order.splice(from, 1));
    sessionStorage.setItem("rounds.head", String(grid.columns[from].id)); // the focus goes with it
    document.dispatchEvent(new CustomEvent("rounds:view-order", { detail: { order } }));
  }

  /** Drag columns by their heads, from the frozen ones to the others and back; the title stays. */
  function makeSortable(grid) {
    const halves = [".frozen", ".free"].map((half) => grid.head.querySelector(half));
    const order = () => halves.flatMap((half) => [...half.querySelectorAll(".head")].map((one) => Number(one.dataset.column)));
    const onEnd = () => {
      const now = order();
      if (now.join() !== grid.columns.map((one) => one.id).join()) document.dispatchEvent(new CustomEvent("rounds:view-order", { detail: { order: now } }));
    };
    const title = `[data-column="${grid.columns[0]?.id}"]`;
    const options = {
      group: "heads", animation: 120, filter: "[data-resize]", preventOnFilter: false, delay: 150, delayOnTouchOnly: true, onEnd,
      draggable: `.head:not(${title})`, onMove: ({ related, willInsertAfter }) => willInsertAfter || !related.matches(`${title}, .gutter`),
    };
    const made = halves.map((half) => window.Sortable.create(half, options));
    grid.on("destroy", () => made.forEach((one) => one.destroy()));
  }

  /** The menu under a column's name. */
  function fillMenu(grid, menu, column) {
    const { words } = grid;
    const at = grid.columns.indexOf(column);
    const freeze = (count) => () => document.dispatchEvent(new CustomEvent("rounds:view-address", { detail: { frozen: count } }));
    const ask = (name, detail) => () => document.dispatchEvent(new CustomEvent(`rounds:view-${name}`, { detail: { field: column.id, ...detail } }));
    const items = [
      column.sorts && [words.rising, ask("sort", { desc: false }), column.sorted === "asc"],
      column.sorts && [words.falling, ask("sort", { desc: true }), column.sorted === "desc"],
      column.sorted && [words.unsorted, ask("sort", { desc: null })],
      [words.filter, ask("filter")],
      column.groups && [words.groupBy, ask("group"), grid.levels.some((one) => one.field === column.id)],
      at < MOST_FROZEN && [words.freeze, freeze(at + 1), grid.frozen === at + 1],
      at >= MOST_FROZEN && grid.frozen > 1 && [words.unfreeze, freeze(1)],
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
    grid.head.addEventListener("keydown", (event) => onKey(grid, event));
    const moved = sessionStorage.getItem("rounds.head");
    sessionStorage.removeItem("rounds.head");
    if (moved) grid.head.querySelector(`[data-column="${moved}"] .head-name`)?.focus();
    if (window.Sortable) makeSortable(grid);
  });
})();
