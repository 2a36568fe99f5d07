/* Grid, filling down: a handle at the corner of the range; what is dragged over repeats the range. */
(() => {
  const { Grid } = window.rounds;

  /** The handle lies on the corner of the last cell, wherever that stands now; hidden under the frozen part. */
  function place(grid, handle) {
    const range = !grid.editing && grid.range();
    const inside = range && grid.active.row < grid.rows && range.bottom < grid.rows;
    const cell = inside && grid.cell(range.bottom, range.right);
    handle.hidden = !cell?.isConnected || grid.columns.slice(range.left, range.right + 1).every((column) => column.closed);
    if (handle.hidden) return;
    const box = cell.getBoundingClientRect();
    const home = grid.over.getBoundingClientRect();
    const frozen = cell.closest(".frozen") ? 0 : cell.closest(".chunk").querySelector(".frozen").getBoundingClientRect().right;
    handle.hidden = box.right < frozen;
    handle.style.left = `${box.right - home.left - 5}px`;
    handle.style.top = `${box.bottom - home.top - 5}px`;
  }

  function paint(grid, source, bottom) {
    for (const cell of grid.filling || []) cell.classList.remove("is-filling");
    grid.filling = [];
    for (let row = source.bottom + 1; row <= bottom; row += 1)
      for (let column = source.left; column <= source.right; column += 1) {
        const cell = grid.cell(row, column);
        if (cell) { cell.classList.add("is-filling"); grid.filling.push(cell); }
      }
  }

  function drag(grid, handle, event) {
    event.preventDefault();
    event.stopPropagation();
    const source = grid.range();
    let bottom = source.bottom;
    const move = (moved) => {
      const { top, bottom: edge } = grid.scroller.getBoundingClientRect();
      if (moved.clientY > edge - 12) grid.goTo(grid.place + grid.rowHeight);
      else if (moved.clientY < top + grid.rowHeight) grid.goTo(grid.place - grid.rowHeight);
      handle.style.pointerEvents = "none";
      const row = grid.rowUnder(document.elementFromPoint(moved.clientX, Math.min(moved.clientY, edge - 20)));
      handle.style.pointerEvents = "";
      if (row === null) return;
      bottom = Math.max(source.bottom, Math.min(row, grid.rows - 1));
      paint(grid, source, bottom);
    };
    const stop = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", drop);
      removeEventListener("keydown", leave, true);
      paint(grid, source, source.bottom);
    };
    const drop = () => { stop(); if (bottom > source.bottom) grid.fillTo(source, bottom); };
    const leave = (pressed) => { if (pressed.key === "Escape") { pressed.stopPropagation(); stop(); } };
    addEventListener("pointermove", move);
    addEventListener("pointerup", drop);
    addEventListener("keydown", leave, true);
  }

  Object.assign(Grid.prototype, {
    /** Repeat the range `source` in the rows beneath it, down to `bottom`; one step back. */
    async fillTo(source, bottom) {
      const block = [];
      for (let row = source.top; row <= source.bottom; row += 1) {
        await this.ensure(row);
        block.push(this.columns.slice(source.left, source.right + 1).map((column, x) => Grid.raw(this.cell(row, source.left + x), column)));
      }
      this.anchor = { row: source.top, column: source.left };
      this.active = { row: bottom, column: source.right };
      this.drawCursor();
      await this.write(source.bottom + 1, source.left, bottom - source.bottom, block[0].length, (y, x) => block[y % block.length][x]);
    },
  });

  Grid.parts.push((grid) => {
    const handle = document.createElement("div");
    handle.className = "grid-fill";
    handle.hidden = true;
    handle.title = grid.words.fill;
    handle.setAttribute("aria-hidden", "true"); // with the keyboard: Ctrl D
    grid.over.append(handle);
    handle.addEventListener("pointerdown", (event) => { if (event.button === 0) drag(grid, handle, event); });
    const again = () => place(grid, handle);
    for (const name of ["cursor", "rows", "moved"]) grid.on(name, again);
    let left = 0; // it scrolls with the rows; sideways it may come under the frozen part
    grid.scroller.addEventListener("scroll", () => {
      if (grid.scroller.scrollLeft === left) return;
      left = grid.scroller.scrollLeft;
      again();
    }, { passive: true });
  });
})();
