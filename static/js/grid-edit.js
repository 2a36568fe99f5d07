/* Grid, editing: what is typed stays here until it is committed; then the cell shows it at once and
   comes back, with the reason beside it, when the server refuses. */
(() => {
  const { Grid } = window.rounds;
  const OPENED = new Set(["attachment", "signature", "recurrence"]); // edited in the record beside the grid
  const NATIVE = { date: "date", datetime: "datetime-local" };

  /** The text an editor starts from. */
  function startText(cell) {
    if (!cell) return "";
    if (cell.dataset.draft !== undefined) return cell.dataset.draft;
    return cell.dataset.v ?? cell.textContent;
  }

  Object.assign(Grid.prototype, {
    /** Open the active cell. `how`: "open" (with its value) or "type" (what was typed replaces it). */
    async edit(how) {
      if (!this.active || this.editing) return;
      const column = this.columns[this.active.column];
      const { row } = this.active;
      if (row >= this.rows && !this.add) return;
      if (column.closed) { this.refuseKey(column.closed); return; }
      if (column.widget === "checkbox") { this.input.value = ""; if (how === "open") this.space(); return; }
      if (OPENED.has(column.widget)) { this.input.value = ""; if (this.row(row)?.id) window.rounds.openRecord(`/r/${this.root.dataset.table}/${this.row(row).id}`); return; }
      if (row < this.rows && !this.row(row)?.id) { this.input.value = ""; return; }
      const found = row < this.rows ? this.row(row) : null; // none: a record that begins here
      const cell = found && this.cell(row, this.active.column);
      this.hideNote();
      this.reveal(row, this.active.column);
      this.editing = { row, id: found?.id, rev: found?.rev, begun: found ? null : this.begun, column, at: this.active.column, cell, before: startText(cell) };
      this.root.classList.add("is-editing");
      this.input.classList.add("is-open");
      this.input.classList.toggle("is-long", column.widget === "long_text");
      this.putInput();
      if (Grid.LISTED.has(column.widget)) this.openList(how);
      else if (how === "open") await this.openText(cell, column);
      if (column.widget === "long_text") this.growLong();
    },

    openList(how) {
      const { cell, column } = this.editing;
      if (how === "open") this.input.value = "";
      this.editing.list = new Grid.List(this, column, Grid.chosenIn(cell, column));
      if (how === "type") this.editing.list.sift(this.input.value);
    },

    async openText(cell, column) {
      if (NATIVE[column.widget] && !("stray" in (cell?.dataset || {}))) { this.openNative(cell, column); return; }
      const { editing } = this;
      this.input.value = editing.before;
      if (cell && "cut" in cell.dataset) {
        this.input.readOnly = true;
        const full = await this.fullText(editing);
        if (this.editing !== editing) return;
        if (full === null) { this.cancel(); return; }
        this.input.readOnly = false;
        this.input.value = editing.before = full;
        if (column.widget === "long_text") this.growLong();
      }
      this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    },

    async fullText({ id, column }) {
      const { ok, data } = await window.rounds.fetch(`/r/${this.root.dataset.table}/${id}/values`);
      return ok ? data.cells[column.id].edit : null;
    },

    /** Days and times open the browser's own picker over the cell. */
    openNative(cell, column) {
      const box = document.createElement("input");
      box.type = NATIVE[column.widget];
      box.className = "grid-native";
      box.setAttribute("aria-label", column.name);
      box.value = startText(cell).replace(" ", "T");
      Object.assign(box.style, { left: this.input.style.left, top: this.input.style.top });
      box.style.minWidth = this.input.style.width;
      this.over.append(box);
      this.editing.native = box;
      this.editing.before = box.value;
      box.addEventListener("keydown", (event) => this.editKey(event));
      box.addEventListener("blur", () => setTimeout(() => { if (this.editing?.native === box && document.activeElement !== box) this.commit({ then: "" }); }));
      box.focus();
      try { box.showPicker?.(); } catch { /* only after a real press */ }
    },

    growLong() {
      this.input.style.height = "auto";
      this.input.style.height = `${Math.max(140, Math.min(320, this.input.scrollHeight + 4))}px`;
    },

    editKey(event) {
      const { list, column, native } = this.editing;
      const down = { Enter: "down", Tab: event.shiftKey ? "back" : "next" }[event.key];
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.cancel(); return; }
      if (down && list?.coming && list.text) { event.preventDefault(); list.wait(event); return; } // what is meant is not here yet
      if (list && /^Arrow(Up|Down)$/.test(event.key)) { event.preventDefault(); list.walk(event.key === "ArrowDown" ? 1 : -1); return; }
      if (list && event.key === "Enter" && list.points) {
        event.preventDefault();
        list.choose();
        return;
      }
      if (list && event.key === "Backspace" && this.input.value === "") { event.preventDefault(); list.clear(); return; }
      if (column.widget === "long_text" && event.key === "Enter" && (event.shiftKey || event.altKey || event.ctrlKey)) {
        event.preventDefault();
        this.input.setRangeText("\n", this.input.selectionStart, this.input.selectionEnd, "end");
        this.growLong();
        return;
      }
      if (native && event.key !== "Enter" && event.key !== "Tab") return;
      if (!down) return;
      event.preventDefault();
      if (list && event.key === "Tab" && list.points && !list.several) Object.assign(list, { taken: [list.items[list.at]], touched: true });
      this.commit({ then: down });
    },

    closeEditor() {
      const { list, native } = this.editing || {};
      this.editing = null;
      list?.close();
      native?.remove();
      Object.assign(this.input, { value: "", readOnly: false });
      this.input.style.height = "";
      this.input.classList.remove("is-open", "is-long");
      this.root.classList.remove("is-editing");
    },

    cancel() {
      if (this.editing?.cell) delete this.editing.cell.dataset.draft;
      this.closeEditor();
      this.takeFocus();
    },

    /** Take what was typed or chosen. `then`: down, next, back, stay, or "" to leave the focus alone. */
    commit({ then = "stay" } = {}) {
      const { editing } = this;
      if (!editing) return;
      const { row, id, rev, begun, column, at, list, native } = editing;
      const typed = native ? native.value : this.input.value;
      const changed = list ? list.touched : typed !== editing.before;
      const value = list ? list.value() : typed.replace("T", column.widget === "datetime" ? " " : "T");
      const shown = list ? list.taken.map((one) => one.text).join(", ") : typed;
      this.closeEditor();
      if (changed && !id) this.begin(begun, column, value, shown, then !== "down");
      else if (changed) this.save({ id, rev }, column, value, shown);
      if (then) this.takeFocus();
      if (then === "down") this.moveTo(row + 1, at);
      else if (then === "next") this.moveTo(row, at).then(() => this.stepTab(false));
      else if (then === "back") this.moveTo(row, at).then(() => this.stepTab(true));
    },

    /** Space ticks a box, opens anything else as a record. */
    space() {
      const { row, column: at } = this.active;
      const column = this.columns[at];
      const found = this.row(row);
      if (!found?.id) return;
      if (column.widget !== "checkbox") { window.rounds.openRecord(`/r/${this.root.dataset.table}/${found.id}`); return; }
      if (column.closed) { this.refuseKey(column.closed); return; }
      const cell = this.cell(row, at);
      const on = cell.held ? cell.textContent === "" : cell.dataset.v !== "1";
      this.save(found, column, on, on ? "✓" : "");
    },

    /* ---- saving ------------------------------------------------------------------------------- */

    /** Show the value at once and send it, after what is being written already. `rev` is that of the record as
        the person saw it. */
    save({ id, rev }, column, value, shown, { force = false } = {}) {
      const cell = this.cellOf(id, column);
      if (cell) {
        this.hold(cell);
        cell.textContent = shown;
        if (typeof value === "string") cell.dataset.draft = value; // who opens it again goes on from this
      }
      this.queues ||= new Map();
      const turn = Promise.resolve(this.sending).then(async () => {
        const answer = await window.rounds.write(`/r/${this.root.dataset.table}/${id}`, { [column.id]: value }, force ? 0 : rev);
        if (cell) this.letGo(cell);
        if (answer.ok) this.saved(answer.data, column, value);
        else this.refused(answer, { id, column, value, shown });
      });
      this.queues.set(id, turn);
      return turn;
    },

    saved(data, column, value) {
      const cell = this.cellOf(data.id, column);
      if (cell?.dataset.draft === value) delete cell.dataset.draft;
      if (data.change) this.remember({ change: data.change });
      if (data.gone) { this.note(cell, this.words.gone); this.reload(); return; }
      this.refresh(data);
    },

    refused({ status, data }, given) {
      const { id, column, value } = given;
      const cell = this.cellOf(id, column);
      if (cell && typeof value === "string") cell.dataset.draft = value;
      if (!data?.error) return;
      if (status === 409 && data.values) this.noteConflict(cell, data, given);
      else this.note(cell, data.problems?.[column.id] || data.error);
    },

    /** The first value of a record in the empty row at the end, or (`begun`) the next ones while that is on its
        way. Who `stays` in the row goes on with the same record. */
    async begin(begun, column, value, shown, stays) {
      const record = begun && await begun;
      if (record) { this.save(record, column, value, shown); return; }
      const made = this.create(column, value);
      if (stays) this.begun = made;
      await made;
      if (this.begun === made) this.begun = null;
    },

    async create(column, value) {
      if (value === "" || value === null || (Array.isArray(value) && !value.length)) return null;
      const json = { values: { [column.id]: value }, key: window.rounds.makeKey() };
      const { ok, data } = await window.rounds.fetch(`/r/${this.root.dataset.table}/new`, { json });
      if (!ok) { if (data?.error) this.refuseKey(data.error); return null; }
      const same = this.editing && this.begun && this.editing.begun === this.begun;
      if (same) Object.assign(this.editing, { id: data.id, rev: data.rev });
      const row = this.append(data);
      this.remember({ change: data.change, created: true });
      if (this.active?.row === row) { this.drawCursor(); this.reveal(row, this.active.column); }
      return data;
    },

    /* ---- words beside a cell ---------------------------------------------------------------------- */

    note(cell, text, buttons = []) {
      if (!cell?.isConnected) { window.rounds.toast({ text, kind: "attention" }); return; } // out of sight by now
      const box = this.root.querySelector(".grid-note");
      box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
      for (const [label, run] of buttons) {
        const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: label });
        button.addEventListener("click", () => { this.hideNote(); run(); this.takeFocus(); });
        box.append(button);
      }
      box.hidden = false;
      const place = cell.getBoundingClientRect();
      const home = this.root.getBoundingClientRect();
      box.style.left = `${Math.max(8, Math.min(place.left, innerWidth - 360) - home.left)}px`;
      box.style.top = `${place.bottom - home.top + 4}px`;
      cell.classList.add("is-refused");
      this.noted = cell;
      clearTimeout(this.noteTimer);
      if (!buttons.length) this.noteTimer = setTimeout(() => this.hideNote(), 9000);
    },

    hideNote() {
      const box = this.root.querySelector(".grid-note");
      if (box.hidden) return;
      box.hidden = true;
      this.noted?.classList.remove("is-refused");
    },

    /** Why nothing happens where nothing may be written. */
    refuseKey(reason) {
      if (!this.editing) this.input.value = "";
      const cell = this.cell(this.active.row, this.active.column) || this.add;
      this.note(cell, reason);
    },

    noteConflict(cell, data, { id, column, value, shown }) {
      const { words } = this;
      const theirs = data.values[column.id]?.text || words.empty;
      const text = `${data.error} ${words.theirs}: ${theirs} · ${words.yours}: ${shown || words.empty}`;
      window.rounds.knows(`/r/${this.root.dataset.table}/${id}`, { [column.id]: theirs }, data.rev);
      if (cell && !cell.held) this.fill(cell, column, data.values[column.id]);
      this.note(cell, text, [
        [words.keepTheirs, () => { delete cell.dataset.draft; }],
        [words.useMine, () => this.save({ id }, column, value, shown, { force: true })],
      ]);
    },
  });

  Grid.parts.push((grid) => {
    const { input } = grid;
    /* Typing and input methods both begin here: the letter is in the input before we know of it. */
    input.addEventListener("compositionstart", () => { if (!grid.editing) grid.edit("type"); });
    input.addEventListener("input", () => {
      if (!grid.editing) { if (input.value) grid.edit("type"); return; }
      grid.editing.list?.sift(input.value);
      if (grid.editing.column.widget === "long_text") grid.growLong();
    });
    input.addEventListener("blur", () => setTimeout(() => {
      const { editing } = grid;
      if (editing && !editing.native && document.activeElement !== input && !input.matches(":focus")) grid.commit({ then: "" });
    }));
    grid.scroller.addEventListener("scroll", () => { if (grid.editing?.list) grid.editing.list.place(); grid.hideNote(); }, { passive: true });
    grid.on("destroy", () => grid.closeEditor());
    grid.root.addEventListener("click", (event) => {
      if (event.target.closest("[data-add-row]")) { grid.moveTo(grid.rows, 0).then(() => grid.edit("open")); }
    });
  });
})();
