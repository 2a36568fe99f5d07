/* Grid, the cursor: one active cell, a range round it, the keys and the mouse. A real input stands
   over the active cell all the time, so that input methods lose no first letter. */
(() => {
  const { Grid } = window.rounds;

  Object.assign(Grid.prototype, {
    /** Put the cursor on a cell; with `extend` the range grows from where it began. */
    async moveTo(row, column, { extend = false, reveal = true, focus = true } = {}) {
      const lastRow = this.rows - 1 + (this.add ? 1 : 0);
      const to = { row: Math.max(0, Math.min(row, lastRow)), column: Math.max(0, Math.min(column, this.columns.length - 1)) };
      if (lastRow < 0) return;
      this.active = to;
      if (!extend) this.anchor = { ...to };
      if (reveal) this.reveal(to.row, to.column);
      this.drawCursor();
      if (focus) this.takeFocus();
      if (!this.row(to.row)) { await this.ensure(to.row); this.drawCursor(); }
    },

    /** The selected cells: {top, bottom, left, right}, all included. */
    range() {
      if (!this.active) return null;
      const [a, b] = [this.active, this.anchor || this.active];
      return {
        top: Math.min(a.row, b.row), bottom: Math.min(Math.max(a.row, b.row), Math.max(0, this.rows - 1)),
        left: Math.min(a.column, b.column), right: Math.max(a.column, b.column),
      };
    },

    isSingle() {
      const range = this.range();
      return range && range.top === range.bottom && range.left === range.right;
    },

    takeFocus() {
      if (document.activeElement !== this.input) this.input.focus({ preventScroll: true });
    },

    drawCursor() {
      for (const cell of this.painted || []) cell.classList.remove("is-active", "in-range");
      this.painted = [];
      const range = this.range();
      this.add?.classList.toggle("is-active", this.active?.row === this.rows);
      if (!range) return;
      if (!this.isSingle()) this.paintRange(range);
      const cell = this.cell(this.active.row, this.active.column);
      if (cell) { cell.classList.add("is-active"); this.painted.push(cell); }
      this.putInput();
      this.describeCell(cell);
      this.emit("cursor");
      clearTimeout(this.summing);
      this.summing = setTimeout(() => this.sumUp(range), 80);
    },

    /** Beneath the grid: how many cells are selected, and what their numbers come to. */
    sumUp(range) {
      const line = document.querySelector("[data-hint]");
      if (!line) return;
      const cells = (range.bottom - range.top + 1) * (range.right - range.left + 1);
      line.textContent = "";
      if (cells < 2) return;
      const said = [this.words.cells.replace("{n}", cells.toLocaleString())];
      const numbers = range.bottom - range.top < 2000 ? [...this.numbersIn(range)] : [];
      if (numbers.length > 1) {
        const sum = numbers.reduce((a, b) => a + b, 0);
        const show = (number) => number.toLocaleString(undefined, { maximumFractionDigits: 2 });
        said.push(`${this.words.sum} ${show(sum)}`, `${this.words.average} ${show(sum / numbers.length)}`);
      }
      line.textContent = said.join(" · ");
    },

    *numbersIn(range) {
      for (let column = range.left; column <= range.right; column += 1) {
        if (this.columns[column].widget !== "number") continue;
        for (let row = range.top; row <= range.bottom; row += 1) {
          const cell = this.cell(row, column);
          if (cell?.dataset.v && !("stray" in cell.dataset)) yield Number(cell.dataset.v);
        }
      }
    },

    paintRange(range) {
      for (const chunk of this.body.children) {
        const first = Number(chunk.dataset.chunk) * this.perChunk;
        const rows = chunk.firstElementChild.children.length;
        for (let row = Math.max(range.top, first); row <= Math.min(range.bottom, first + rows - 1); row += 1)
          for (let column = range.left; column <= range.right; column += 1) {
            const cell = this.cell(row, column);
            if (cell) { cell.classList.add("in-range"); this.painted.push(cell); }
          }
      }
    },

    /** The input lies exactly over the active cell, where input methods look for it. */
    putInput() {
      if (!this.active) return;
      const { row, column } = this.active;
      const { left, width } = this.columns[column];
      const style = this.input.style;
      const frozen = column < this.frozen && this.freezes;
      style.left = `${left + (frozen ? this.scroller.scrollLeft : 0)}px`;
      style.top = `${this.topOf(row)}px`;
      style.width = `${width}px`;
      this.input.classList.toggle("num", Boolean(this.columns[column].end));
    },

    /** What a screen reader hears of the active cell. */
    describeCell(cell) {
      const column = this.columns[this.active.column];
      const text = cell?.textContent.trim() || this.words.empty;
      const place = this.words.cell.replace("{column}", column.name).replace("{row}", this.active.row + 1);
      const closed = column.closed ? `, ${this.words.readonly}` : "";
      this.input.setAttribute("aria-label", `${place}: ${text}${closed}`);
    },

    /** Ctrl and an arrow: to the end of the filled stretch, else to the next filled cell. */
    async jump(rows, columns, extend) {
      const { row, column } = this.active;
      if (columns) { this.moveTo(row, this.edgeInRow(row, column, columns), { extend }); return; }
      const from = this.active;
      let to = rows > 0 ? this.rows - 1 : 0;
      if (row < this.known) {
        const asked = { field: this.columns[column].id, row: this.placeOf(row), back: rows < 0 ? 1 : 0, at: this.at };
        const { ok, data } = await window.rounds.fetch(this.address("edge", asked), { quiet: true });
        const last = rows > 0 && data?.row === (this.shown ?? this.known) - 1;
        if (ok && !last) to = this.rowOf(data.row);
      }
      if (this.active === from && !this.editing) this.moveTo(to, column, { extend });
    },

    edgeInRow(row, column, by) {
      const end = by > 0 ? this.columns.length - 1 : 0;
      const filled = (at) => this.cell(row, at)?.hasChildNodes() || false;
      if (column === end || !this.row(row)?.id) return end;
      const within = filled(column) && filled(column + by);
      let at = column + by;
      while (at !== end && filled(within ? at + by : at) === within) at += by;
      return at;
    },

    step(rows, columns, event) {
      const extend = Boolean(event?.shiftKey);
      if (event?.ctrlKey || event?.metaKey) return this.jump(rows, columns, extend);
      return this.moveTo(this.active.row + rows, this.active.column + columns, { extend });
    },

    /** Ctrl and space: whole columns, as far as the range is wide. */
    takeColumns() {
      const { left, right } = this.range();
      this.anchor = { row: 0, column: left };
      this.active = { row: Math.max(0, this.rows - 1), column: right };
      this.drawCursor();
    },

    openComments() {
      const found = this.row(this.active.row);
      if (found?.id) window.rounds.openRecord(`/r/${this.root.dataset.table}/${found.id}#comments`);
    },

    /** Tab runs through the cells in reading order. */
    stepTab(back) {
      const { row, column } = this.active;
      const last = this.columns.length - 1;
      if (back) return column > 0 ? this.moveTo(row, column - 1) : this.moveTo(row - 1, row > 0 ? last : 0);
      return column < last ? this.moveTo(row, column + 1) : this.moveTo(row + 1, 0);
    },
  });

  const page = (grid) => Math.max(1, Math.floor(grid.scale.view / grid.rowHeight) - 1);

  const KEYS = {
    ArrowUp: (grid, event) => grid.step(-1, 0, event),
    ArrowDown: (grid, event) => grid.step(1, 0, event),
    ArrowLeft: (grid, event) => grid.step(0, -1, event),
    ArrowRight: (grid, event) => grid.step(0, 1, event),
    PageUp: (grid, event) => grid.moveTo(grid.active.row - page(grid), grid.active.column, { extend: event.shiftKey }),
    PageDown: (grid, event) => grid.moveTo(grid.active.row + page(grid), grid.active.column, { extend: event.shiftKey }),
    Home: (grid, event) => grid.moveTo(event.ctrlKey || event.metaKey ? 0 : grid.active.row, 0, { extend: event.shiftKey }),
    End: (grid, event) => grid.moveTo(event.ctrlKey || event.metaKey ? grid.rows - 1 : grid.active.row, grid.columns.length - 1, { extend: event.shiftKey }),
    Enter: (grid, event) => (event.shiftKey ? grid.step(-1, 0) : grid.edit("open")),
    F2: (grid, event) => (event.shiftKey ? grid.openComments() : grid.edit("open")),
    F3: (grid, event) => grid.seek?.(event.shiftKey ? "back" : "next"),
    F6: (grid) => grid.bulkBar?.querySelector("button")?.focus(),
    Delete: (grid) => grid.clearRange(),
    Backspace: (grid) => grid.clearRange(),
    " ": (grid, event) => {
      if (event.ctrlKey || event.metaKey) grid.takeColumns();
      else if (event.shiftKey) grid.pickRange();
      else grid.space();
    },
  };
  const WITH_CTRL = {
    a: (grid) => { grid.anchor = { row: 0, column: 0 }; grid.active = { row: grid.rows - 1, column: grid.columns.length - 1 }; grid.drawCursor(); },
    z: (grid, event) => (event.shiftKey ? grid.redo() : grid.undo()),
    y: (grid) => grid.redo(),
    d: (grid) => grid.fillDown(),
    f: (grid) => grid.openFind(),
    "-": (grid) => grid.deletePicked(),
  };

  function onKey(grid, event) {
    if (event.isComposing || event.keyCode === 229 || event.altKey) return; // the input method's own
    if (!grid.active) return;
    if (grid.editing) { grid.editKey(event); return; }
    if (event.key === "Tab") {
      if (grid.leaving) return; // Esc, then Tab: out of the grid
      event.preventDefault();
      grid.stepTab(event.shiftKey);
      return;
    }
    grid.leaving = event.key === "Escape";
    if (event.key === "Escape" && grid.unpick()) return;
    if (event.key === "Escape") { grid.hideNote?.(); grid.anchor = { ...grid.active }; grid.drawCursor(); return; }
    const ctrl = event.ctrlKey || event.metaKey;
    const run = ctrl && event.key.length === 1 && event.key !== " " ? WITH_CTRL[event.key.toLowerCase()] : KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    run(grid, event);
  }

  function onPointer(grid, event) {
    if (event.button !== 0 || event.pointerType === "touch" || event.target.closest("a, button, .grid-over")) return;
    const at = grid.whereIs(event.target);
    if (!at) return;
    event.preventDefault(); // the input keeps the focus
    if (grid.editing) grid.commit();
    const same = grid.active && at.row === grid.active.row && at.column === grid.active.column && grid.isSingle();
    grid.moveTo(at.row, at.column, { extend: event.shiftKey, reveal: false });
    if (same && grid.columns[at.column].widget === "checkbox") grid.space();
    if (event.shiftKey) return;
    const drag = (moved) => {
      const { top, bottom } = grid.scroller.getBoundingClientRect();
      if (moved.clientY < top + grid.rowHeight) return grid.moveTo(grid.active.row - 1, grid.active.column, { extend: true });
      if (moved.clientY > bottom) return grid.moveTo(grid.active.row + 1, grid.active.column, { extend: true });
      const to = grid.whereIs(document.elementFromPoint(moved.clientX, moved.clientY) || grid.root);
      const same = !to || (to.row === grid.active.row && to.column === grid.active.column);
      return same ? null : grid.moveTo(to.row, to.column, { extend: true });
    };
    const done = () => { removeEventListener("pointermove", drag); removeEventListener("pointerup", done); };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", done);
  }

  /** A finger: the first tap takes the cell (without the keyboard of the screen), the second opens it. */
  function onTap(grid, event) {
    const at = event.pointerType === "touch" && !event.target.closest("a") && grid.whereIs(event.target);
    if (!at || grid.editing) return;
    const again = grid.active?.row === at.row && grid.active.column === at.column;
    grid.input.inputMode = again ? "" : "none";
    if (again) grid.input.blur();
    grid.moveTo(at.row, at.column, { reveal: false });
    if (again) grid.edit("open");
  }

  Grid.parts.push((grid) => {
    const { input, body } = grid;
    body.addEventListener("click", (event) => onTap(grid, event));
    input.addEventListener("keydown", (event) => onKey(grid, event));
    input.addEventListener("focus", () => {
      if (!grid.active && grid.rows + (grid.add ? 1 : 0) > 0) grid.moveTo(0, 0);
      grid.root.classList.add("has-focus");
    });
    input.addEventListener("blur", () => { grid.root.classList.remove("has-focus"); grid.leaving = false; });
    body.addEventListener("pointerdown", (event) => onPointer(grid, event));
    body.addEventListener("dblclick", (event) => { if (grid.whereIs(event.target)) grid.edit("open"); });
    /* A link inside a cell opens only once the cell is active. */
    body.addEventListener("click", (event) => {
      const link = event.target.closest(".cell a");
      const at = link && grid.whereIs(link);
      if (!at) return;
      const active = grid.active && grid.active.row === at.row && grid.active.column === at.column;
      if (!active) { event.preventDefault(); event.stopPropagation(); grid.moveTo(at.row, at.column, { reveal: false }); }
      else if (link.classList.contains("chip")) { event.preventDefault(); window.rounds.openRecord(link.href); }
    });
    grid.scroller.addEventListener("scroll", () => { if (grid.active?.column < grid.frozen) grid.putInput(); }, { passive: true });
    grid.on("rows", () => grid.drawCursor());
    grid.on("moved", () => grid.putInput());
  });
})();
