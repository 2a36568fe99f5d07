/* Grid, the clipboard and undo: copy and paste as spreadsheets do, in one request and one step back. */
(() => {
  const { Grid } = window.rounds;
  const OWN = "application/x-rounds";
  const IDS = new Set(["choice", "stage", "person", "department"]);
  const LISTS = new Set(["choices", "link"]);

  /** A cell as text that a spreadsheet, or we ourselves, can read again. */
  function plain(cell, column) {
    if (!cell) return "";
    if (LISTS.has(column.widget)) return [...cell.children].map((one) => one.textContent).join(", ") || cell.textContent;
    if (IDS.has(column.widget)) return cell.textContent;
    if (column.widget === "checkbox") return cell.dataset.v === "1" ? "TRUE" : "";
    return cell.dataset.v ?? cell.textContent;
  }

  /** A cell as the server takes it back without loss. */
  function raw(cell, column) {
    const v = cell?.dataset.v;
    if (cell && "stray" in cell.dataset) return v;
    if (IDS.has(column.widget)) return v ? Number(v) : null;
    if (LISTS.has(column.widget)) return v ? v.split(",").map(Number) : [];
    if (column.widget === "checkbox") return v === "1";
    return plain(cell, column);
  }

  const quoted = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  /** Tab-separated text as rows of cells; quotes may hold tabs and lines. */
  function parse(text) {
    const rows = [[]];
    const cells = /("(?:[^"]|"")*"|[^\t\n]*)(\t|\n|$)/g;
    const clean = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
    for (let at = 0; at <= clean.length;) {
      cells.lastIndex = at;
      const [all, cell, end] = cells.exec(clean);
      rows.at(-1).push(/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      at += all.length;
      if (end === "\n") rows.push([]);
      else if (end === "") break;
    }
    return rows;
  }

  Object.assign(Grid.prototype, {
    /** The selected cells as text and as our own values; null where rows are not here yet. */
    copied(range) {
      const columns = this.columns.slice(range.left, range.right + 1);
      const lines = [];
      const own = [];
      for (let row = range.top; row <= range.bottom; row += 1) {
        if (!this.row(row)) return null;
        const cells = columns.map((column, at) => [this.cell(row, range.left + at), column]);
        lines.push(cells.map(([cell, column]) => quoted(plain(cell, column))).join("\t"));
        own.push(cells.map(([cell, column]) => raw(cell, column)));
      }
      return { text: lines.join("\n"), own, columns: columns.map((one) => one.id) };
    },

    copyRange(data) {
      const range = this.range();
      const found = this.copied(range);
      if (!found) { this.copyFar(range); return; }
      data.setData("text/plain", found.text);
      data.setData(OWN, JSON.stringify({ rows: found.own, columns: found.columns, text: found.text }));
    },

    /** More rows than are loaded: fetched piece by piece, then put on the clipboard. */
    async copyFar(range) {
      if (range.bottom - range.top >= this.words.most) { this.refuseKey(this.words.tooMany); return; }
      const lines = [];
      for (let row = range.top; row <= range.bottom; row += 1) {
        if (!this.row(row)) await this.ensure(row);
        lines.push(this.copied({ ...range, top: row, bottom: row })?.text ?? "");
      }
      try {
        await navigator.clipboard.writeText(lines.join("\n"));
        this.tell({ text: this.words.copied.replace("{n}", lines.length), kind: "ok" });
      } catch { this.refuseKey(this.words.noClipboard); }
    },

    /** What the clipboard holds: our own values where they fit their columns, else text. */
    clipped(data) {
      const text = data.getData("text/plain");
      const rows = parse(text);
      let own = null;
      try { own = JSON.parse(data.getData(OWN)); } catch { /* from elsewhere */ }
      if (!own || own.text !== text) return rows;
      const left = this.range().left;
      return rows.map((cells, y) => cells.map((cell, x) =>
        (this.columns[left + x]?.id === own.columns[x] ? own.rows[y]?.[x] ?? cell : cell)));
    },

    /** Paste rows of values at the range; a single value fills the whole range. */
    async paste(rows) {
      const range = this.range();
      const one = rows.length === 1 && rows[0].length === 1;
      const height = one ? range.bottom - range.top + 1 : rows.length;
      const width = one ? range.right - range.left + 1 : Math.max(...rows.map((cells) => cells.length));
      const at = (y, x) => (one ? rows[0][0] : rows[y]?.[x]);
      await this.write(range.top, range.left, height, Math.min(width, this.columns.length - range.left), at);
    },

    async clearRange() {
      const range = this.range();
      if (!range || this.active.row >= this.rows) return;
      await this.write(range.top, range.left, range.bottom - range.top + 1, range.right - range.left + 1, () => "");
    },

    /** Ctrl+D: the first row of the range again in all rows beneath it. */
    async fillDown() {
      const range = this.range();
      if (range.bottom === range.top) return;
      await this.ensure(range.top);
      const first = this.columns.slice(range.left, range.right + 1).map((column, x) => raw(this.cell(range.top, range.left + x), column));
      await this.write(range.top + 1, range.left, range.bottom - range.top, first.length, (_y, x) => first[x]);
    },

    /** Write a block of cells in one request: rows past the end become new records. */
    async write(top, left, height, width, value) {
      if (height > this.words.most) { this.refuseKey(this.words.tooMany); return; }
      const columns = this.columns.slice(left, left + width).map((column, x) => ({ column, x })).filter(({ column }) => !column.closed);
      if (!columns.length) { this.refuseKey(this.columns[left].closed); return; }
      const [rows, held] = [[], new Set()];
      for (let y = 0; y < height; y += 1) {
        const found = top + y < this.rows ? this.row(top + y) || await this.ensure(top + y) : null;
        if (!found?.id && !(this.add && top + y >= this.rows)) continue;
        const values = {};
        for (const { column, x } of columns) if (value(y, x) !== undefined) values[column.id] = value(y, x);
        rows.push(found ? { id: found.id, rev: found.rev, values } : { id: null, values });
        if (found) this.showBlock(top + y, left, columns, (x) => value(y, x), held);
      }
      if (!rows.length) return;
      const before = [...(this.queues?.values() || []), this.sending];
      this.sending = Promise.allSettled(before).then(() => this.sendBlock(rows, held));
      await this.sending;
    },

    showBlock(row, left, columns, value, held) {
      for (const { x } of columns) {
        const cell = this.cell(row, left + x);
        const next = value(x);
        if (!cell || next === undefined) continue;
        this.hold(cell);
        held.add(cell);
        if (typeof next === "string") cell.textContent = next;
      }
    },

    async sendBlock(rows, held) {
      const base = `/r/${this.root.dataset.table}`;
      for (const row of rows) if (row.id) row.rev = Math.max(row.rev, window.rounds.ownRev(`${base}/${row.id}`, row.values));
      const { ok, status, data } = await window.rounds.fetch(`${base}/paste`, { json: { rows, key: window.rounds.makeKey() } });
      for (const cell of held) this.letGo(cell);
      if (!ok) {
        if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        if (status) this.reload();
        return;
      }
      const sent = new Map(rows.map((row) => [row.id, row.values]));
      for (const one of data.records) if (sent.has(one.id)) window.rounds.knows(`${base}/${one.id}`, sent.get(one.id), one.rev);
      const known = new Set([...this.loadedRows()].map((row) => row.id).concat(this.extras.map((one) => one.id)));
      this.refreshAll(data.records.filter((one) => known.has(one.id)));
      const added = data.records.filter((one) => !known.has(one.id) && one.rev === 1);
      if (added.length) this.append(...added);
      if (data.reload) await this.reload();
      this.drawCursor();
      if (data.batch) this.remember({ batch: data.batch });
      this.tellPaste(data, held);
    },

    tellPaste(data, held = new Set()) {
      for (const problem of data.problems) this.markProblem(problem, held);
      const text = data.problems.length
        ? `${data.text} ${data.problems[0].error}` : data.text;
      const action = data.batch ? { label: this.words.undo, run: () => this.undo() } : null;
      this.tell({ text, kind: data.problems.length ? "attention" : "ok", action });
    },

    /** What was left as it was is marked with the reason. */
    markProblem({ id, field, error }, held) {
      const found = id && this.find(id);
      if (!found) return;
      this.columns.forEach((column, at) => {
        if (field !== null && column.id !== field) return;
        const cell = this.cellIn(found, at);
        if (!held.has(cell)) return;
        cell.title = error;
        cell.classList.add("is-refused");
        setTimeout(() => cell.classList.remove("is-refused"), 9000);
      });
    },

    /** One toast at a time: of the last thing done here. */
    tell(toast) {
      this.told?.remove();
      this.told = window.rounds.toast(toast);
    },

    /* ---- undo ------------------------------------------------------------------------------------- */

    remember(step) {
      this.done ||= [];
      this.done.push(step);
      this.undone = [];
    },

    undo() { return this.inTurn(() => this.stepBack("done", "undone", this.words.undone)); },

    redo() { return this.inTurn(() => this.stepBack("undone", "done", this.words.redone)); },

    /** One after the other, and after what is still being written. */
    inTurn(run) {
      const written = [...(this.queues?.values() || []), this.sending];
      this.turn = Promise.allSettled([...written, this.turn]).then(run);
      return this.turn;
    },

    async stepBack(from, to, said) {
      const step = this[from]?.pop();
      const back = step && await this.takeBack(step, said);
      if (back) (this[to] ||= []).push(back);
    },

    /** Take a step back; the step that would take this one back again. */
    async takeBack({ change, batch, created }, said) {
      const url = batch ? `/batches/${batch}/undo` : `/changes/${change}/undo`;
      const { ok, data } = await window.rounds.fetch(url, { method: "POST" });
      if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return null; }
      const left = data.left ? ` ${this.words.left.replace("{n}", data.left)}` : "";
      this.tell({ text: said + left, kind: left ? "attention" : "ok" });
      if (batch || created || data.gone) await this.reload();
      else this.refresh(data);
      if (batch) return data.batch ? { batch: data.batch } : null;
      return data.change ? { change: data.change, created } : null;
    },
  });

  Grid.raw = raw;

  Grid.parts.push((grid) => {
    const { input } = grid;
    const free = () => !grid.editing && grid.active;
    input.addEventListener("copy", (event) => { if (free()) { event.preventDefault(); grid.copyRange(event.clipboardData); } });
    input.addEventListener("cut", (event) => { if (free()) { event.preventDefault(); grid.copyRange(event.clipboardData); grid.clearRange(); } });
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain");
      if (grid.editing && !/[\t]|\n./.test(text)) return; // into the open editor
      event.preventDefault();
      if (grid.editing) grid.cancel();
      if (grid.active && text) grid.paste(grid.clipped(event.clipboardData));
    });
  });
})();
