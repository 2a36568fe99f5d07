/* Grid, its rows: finding rows and cells, filling them with what the server answers, adding at the end. */
(() => {
  const { Grid } = window.rounds;

  Object.assign(Grid.prototype, {
    /* ---- rows and cells ---------------------------------------------------------------------------- */

    /** Both halves of a row that is loaded, with its record; null otherwise. */
    row(row) {
      const element = this.chunks.get(this.numberOf(row));
      const [left, right] = [element?.querySelector(".frozen"), element?.querySelector(".free")];
      const at = row % this.perChunk;
      if (!left?.children[at]) return null;
      const head = left.children[at];
      return { left: head, right: right.children[at], id: Number(head.dataset.id) || 0, rev: Number(head.dataset.rev) };
    },

    cell(row, column) {
      const found = this.row(row);
      if (!found?.id) return null;
      return this.cellIn(found, column);
    },

    /** The cell of a column in a row's two halves. */
    cellIn({ left, right }, column) {
      return column < this.frozen ? left.children[column + 1] : right.children[column - this.frozen];
    },

    /** Where an element of the grid is: {row, column}; null outside the cells. */
    whereIs(node) {
      const cell = node.closest?.(".cell");
      const row = cell?.parentElement;
      if (!row || !this.body.contains(row)) return null;
      const chunk = Number(row.closest(".chunk").dataset.chunk);
      const index = [...row.parentElement.children].indexOf(row);
      const frozen = row.parentElement.classList.contains("frozen");
      const at = [...row.children].indexOf(cell);
      return { row: chunk * this.perChunk + index, column: frozen ? at - 1 : at + this.frozen };
    },

    async ensure(row) { if (!this.row(row) && row < this.rows) await this.load(this.numberOf(row)); return this.row(row); },

    *loadedRows() {
      for (const element of this.chunks.values()) {
        const rights = element.querySelector(".free").children;
        const first = Number(element.dataset.chunk) * this.perChunk;
        let at = 0;
        for (const left of element.querySelector(".frozen").children) {
          if (left.dataset.id) yield { id: Number(left.dataset.id), left, right: rights[at], row: first + at };
          at += 1;
        }
      }
    },

    find(id) { for (const row of this.loadedRows()) if (row.id === id) return row; return null; },

    /** The cell of a field in the row of a record, where that is loaded. */
    cellOf(id, column) {
      const found = this.find(id);
      return found && this.cellIn(found, this.columns.indexOf(column));
    },

    /* ---- what the server answers -------------------------------------------------------------------- */

    /** Fresh cells of one record, after a write or from elsewhere. */
    refresh(answer) { this.refreshAll([answer]); },

    refreshAll(answers) {
      const byId = new Map(answers.map((one) => [one.id, one]));
      for (const extra of this.extras) if (byId.has(extra.id)) Object.assign(extra, byId.get(extra.id));
      for (const row of this.loadedRows()) if (byId.has(row.id)) this.fillRow(row, byId.get(row.id));
      this.emit("rows");
      this.emit("changed", { ids: [...byId.keys()] });
    },

    fillRow(row, answer) {
      row.left.dataset.rev = answer.rev;
      this.columns.forEach((column, at) => {
        const fresh = answer.cells[column.id];
        const cell = this.cellIn(row, at);
        if (!fresh || !cell) return;
        if (cell.held) cell.back = () => this.fill(cell, column, fresh);
        else this.fill(cell, column, fresh);
      });
    },

    /** What is being written shows in its cell at once; with the last answer what is stored comes back to it. */
    hold(cell) {
      cell.held = (cell.held || 0) + 1;
      if (cell.held > 1) return;
      const [html, { v }] = [cell.innerHTML, cell.dataset];
      cell.back = () => { cell.innerHTML = html; if (v === undefined) delete cell.dataset.v; else cell.dataset.v = v; };
      cell.classList.add("is-saving");
    },

    letGo(cell) {
      cell.held -= 1;
      if (cell.held) return;
      cell.classList.remove("is-saving");
      cell.back();
    },

    /** The editor stays on its record when rows have moved beneath it. */
    follow() {
      const { editing } = this;
      const row = editing && (editing.id ? this.find(editing.id)?.row : this.rows);
      if (!editing || row === undefined || row === editing.row) return;
      editing.row = row;
      this.active = { row, column: editing.at };
      this.anchor = { ...this.active };
      this.drawCursor();
    },

    fill(cell, column, fresh) {
      cell.innerHTML = fresh.html.replaceAll("<a ", '<a tabindex="-1" ');
      if (fresh.edit !== "" && (fresh.edit !== cell.textContent || column.widget === "link")) cell.dataset.v = fresh.edit;
      else delete cell.dataset.v;
      cell.toggleAttribute("data-stray", fresh.stray !== undefined);
      cell.removeAttribute("data-cut");
    },

    /** Records added here: shown after all others until the view is asked anew; the first one's row. */
    append(...answers) {
      const row = this.rows;
      this.extras.push(...answers.filter((one) => !this.extras.some((each) => each.id === one.id)));
      for (let number = this.numberOf(row); number <= this.numberOf(this.rows - 1); number += 1) {
        const element = this.chunks.get(number);
        if (element) this.adopt(number, element);
      }
      this.fit();
      this.render();
      this.sayScope();
      this.follow();
      this.root.querySelector(".grid-empty")?.remove();
      return row;
    },

    growExtras(number, element) {
      const [left, right] = [element.querySelector(".frozen"), element.querySelector(".free")];
      const first = number * this.perChunk;
      for (let row = Math.max(this.known, first + left.children.length); row < Math.min(this.rows, first + this.perChunk); row += 1) {
        const record = this.extras[row - this.known];
        if (!record || left.children.length !== row - first) continue;
        left.append(this.blankRow(row, record));
        right.append(document.createElement("div"));
        right.lastChild.className = "row";
        right.lastChild.setAttribute("role", "row");
        this.columns.forEach((column, at) => {
          const cell = document.createElement("div");
          cell.className = `cell k${column.id}${column.end ? " num" : ""}`;
          cell.setAttribute("role", "gridcell");
          if (record.cells[column.id]) this.fill(cell, column, record.cells[column.id]);
          (at < this.frozen ? left : right).lastChild.append(cell);
        });
      }
    },

    blankRow(row, record) {
      const line = document.createElement("div");
      line.className = "row";
      line.setAttribute("role", "row");
      Object.assign(line.dataset, { id: record.id, rev: record.rev });
      const href = `/r/${this.root.dataset.table}/${record.id}`;
      line.innerHTML = `<div class="gutter" role="rowheader"><span>${row + 1}</span>`
        + `<a class="expand" data-record tabindex="-1" href="${href}"></a></div>`;
      line.querySelector("a").setAttribute("aria-label", this.words.open);
      return line;
    }
  });
})();
