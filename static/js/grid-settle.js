/* Grid, places: a record whose group or place in the order was changed here stays under the hand, marked,
   and goes to its place when the cursor leaves its row; counts and figures follow. */
(() => {
  const { Grid } = window.rounds;
  const PAUSE_MS = 450; // who goes on to the next cell is not interrupted
  const MOST = 200_000; // rows of a view that is not read anew by itself

  class Settling {
    constructor(grid, keys) {
      Object.assign(this, { grid, keys, moving: new Set(), timer: 0, running: null });
      grid.on("cursor", () => this.soon());
      grid.on("rows", () => this.mark());
      grid.on("destroy", () => clearTimeout(this.timer));
      grid.root.addEventListener("focusout", () => this.soon());
    }

    /** What stands in the columns that order the rows. */
    places(id) {
      const found = this.grid.find(id);
      if (!found) return null;
      const cells = this.grid.columns.map((column, at) => [column, at]).filter(([column]) => this.keys.has(String(column.id)));
      return cells.map(([, at]) => this.grid.cellIn(found, at)?.textContent).join("\u001f");
    }

    moves(id) {
      if ((this.grid.shown ?? 0) > MOST) return;
      this.moving.add(id);
      this.mark();
      this.soon();
    }

    /** The marked rows in sight; what the mark means stands beneath the grid. */
    mark() {
      if (!this.moving.size && !this.marked) return;
      const { grid } = this;
      for (const row of grid.loadedRows()) for (const half of [row.left, row.right]) half.classList.toggle("is-moving", this.moving.has(row.id));
      this.marked = this.moving.size > 0;
      const line = document.querySelector("[data-hint]");
      if (line && this.moving.size) line.textContent = grid.words.moves;
    }

    here() { return this.grid.active && this.grid.row(this.grid.active.row)?.id; }

    soon() {
      clearTimeout(this.timer);
      if (this.moving.size) this.timer = setTimeout(() => this.leave(), PAUSE_MS);
    }

    async leave() {
      const { grid } = this;
      const inside = grid.root.contains(document.activeElement);
      if (this.running || (inside && this.moving.has(this.here()))) return;
      if (grid.editing || document.querySelector(".cell.is-saving")) { this.soon(); return; }
      this.moving.clear();
      this.running = this.read(inside).finally(() => { this.running = null; if (this.moving.size) this.soon(); });
      await this.running;
    }

    /** All places afresh; the cursor stays on its record and that where it is on the screen. */
    async read(inside) {
      const { grid } = this;
      const at = grid.active && { ...grid.active, id: this.here(), shift: grid.pixelOf(grid.active.row) - grid.place };
      await grid.reload();
      await Promise.all(grid.loading?.values() ?? []); // the rows in sight
      const moved = at?.id && grid.active?.row === at.row && this.rowOf(at.id);
      if (typeof moved === "number" && moved !== at.row) {
        grid.active = { row: moved, column: at.column };
        grid.anchor = { ...grid.active };
        grid.goTo(grid.pixelOf(moved) - at.shift);
      }
      if (grid.active) { await grid.ensure(grid.active.row); grid.drawCursor(); }
      if (inside) grid.takeFocus();
    }

    /** Where a record stands now, as far as it was read. */
    rowOf(id) {
      const { grid } = this;
      for (const [place, [left]] of grid.pool || []) if (Number(left.dataset.id) === id) return grid.rowOf(place);
      return grid.find(id)?.row;
    }
  }

  Grid.parts.push((grid) => {
    const sorts = grid.root.dataset.sorts.split(",").filter(Boolean);
    const keys = new Set([...grid.levels.map((one) => String(one.field)), ...sorts]);
    if (!keys.size) return;
    const settling = grid.settling = new Settling(grid, keys);
    const { saved, refreshAll, edit } = grid;
    grid.saved = function remembered(data, column, value) {
      saved.call(this, data, column, value);
      if (data.change && keys.has(String(column.id)) && !data.gone) settling.moves(data.id);
    };
    grid.refreshAll = function compared(answers) {
      const before = this.live?.releasing ? null : answers.map((one) => settling.places(one.id));
      refreshAll.call(this, answers);
      answers.forEach((one, at) => { if (before?.[at] != null && settling.places(one.id) !== before[at]) settling.moves(one.id); });
    };
    /* What is typed while the rows are on their way waits for them: they may stand elsewhere. */
    grid.edit = async function waited(how) {
      if (settling.running) await settling.running;
      return edit.call(this, how);
    };
  });
})();
