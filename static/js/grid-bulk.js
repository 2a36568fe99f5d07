/* Grid, many rows at once: picked by their numbers or with Shift and space; one field set for all of
   them, or all deleted, and one step back. */
(() => {
  const { Grid } = window.rounds;

  Object.assign(Grid.prototype, {
    /** The row an element of the grid is in; null outside. */
    rowUnder(node) {
      const row = node?.closest?.(".chunk .row");
      if (!row || !this.body.contains(row)) return null;
      return Number(row.closest(".chunk").dataset.chunk) * this.perChunk + [...row.parentElement.children].indexOf(row);
    },

    /** Pick (or with `on` false: let go of) the records of these rows, loaded or not. */
    async pick(top, bottom, on = true) {
      for (const id of await this.idsBetween(top, bottom)) {
        if (on) this.picked.add(id); else this.picked.delete(id);
      }
      if (this.picked.size > this.words.most) { this.picked.clear(); window.rounds.toast({ text: this.words.tooManyPicked, kind: "attention" }); }
      this.drawPicked();
    },

    async idsBetween(top, bottom) {
      const ids = [];
      let loaded = true;
      for (let row = top; row <= bottom && loaded; row += 1) {
        const found = this.row(row);
        if (!found) loaded = false;
        else if (found.id) ids.push(found.id);
      }
      if (loaded) return ids;
      if (this.levels?.length) return this.idsOneByOne(top, bottom);
      const to = Math.min(bottom, this.known - 1);
      const { ok, data } = await window.rounds.fetch(this.address("ids", { from: top, to, at: this.at }));
      if (!ok) return [];
      return [...data.ids, ...this.extras.slice(0, Math.max(0, bottom - this.known + 1)).map((one) => one.id)];
    },

    /** Among groups: only the rows that are in sight, none of those folded away. */
    async idsOneByOne(top, bottom) {
      const ids = [];
      for (let row = top; row <= bottom && ids.length <= this.words.most; row += 1) {
        const found = this.row(row) || await this.ensure(row);
        if (found?.id) ids.push(found.id);
      }
      return ids;
    },

    /** Shift and space: the whole rows of the range, picked. */
    async pickRange() {
      const { top, bottom } = this.range();
      const ids = await this.idsBetween(top, bottom);
      const all = ids.every((id) => this.picked.has(id));
      this.anchor = { row: top, column: 0 };
      this.active = { row: bottom, column: this.columns.length - 1 };
      this.drawCursor();
      await this.pick(top, bottom, !all);
    },

    unpick() {
      if (!this.picked.size) return false;
      this.picked.clear();
      this.drawPicked();
      return true;
    },

    drawPicked() {
      const { picked } = this;
      for (const row of this.loadedRows()) {
        const on = picked.has(row.id);
        row.left.classList.toggle("is-picked", on);
        row.right.classList.toggle("is-picked", on);
        for (const half of [row.left, row.right]) if (on) half.setAttribute("aria-selected", "true"); else half.removeAttribute("aria-selected");
      }
      this.head.classList.toggle("is-picked", picked.size > 0 && picked.size >= this.rows);
      if (!picked.size && !this.bulkBar) return;
      this.bulkBar ||= build(this);
      this.bulkBar.hidden = !picked.size;
      this.bulkBar.querySelector("output").textContent = this.words.picked.replace("{n}", picked.size.toLocaleString());
    },

    /** Ctrl and minus: what is picked, else the rows of the range. */
    async deletePicked() {
      if (!this.root.dataset.delete) return;
      if (!this.picked.size) { const { top, bottom } = this.range(); await this.pick(top, bottom); }
      if (!this.picked.size) return;
      const json = { ids: [...this.picked], key: window.rounds.makeKey() };
      const { ok, data } = await window.rounds.fetch(`/r/${this.root.dataset.table}/bulk/delete`, { json });
      if (!ok) { if (data?.error) this.tell({ text: data.error, kind: "attention" }); return; }
      this.remember({ batch: data.batch });
      this.unpick();
      this.takeFocus();
      await this.reload();
      if (!this.editing) this.moveTo(Math.min(this.active?.row ?? 0, this.rows - 1), this.active?.column ?? 0);
      this.tell({ text: data.text, kind: "ok", action: { label: this.words.undo, run: () => this.undo() } });
    },

    /* ---- one field for all ------------------------------------------------------------------------ */

    async openBulk(field = "") {
      const url = `/r/${this.root.dataset.table}/bulk${field ? `?field=${field}` : ""}`;
      const mine = this.setting = (this.setting || 0) + 1;
      const { ok, text } = await window.rounds.fetch(url, { headers: { Accept: "text/html" } });
      if (!ok || mine !== this.setting) return; // another field was chosen meanwhile
      const box = document.getElementById("dialog-body");
      box.querySelectorAll("select.tomselected").forEach((select) => select.tomselect?.destroy());
      box.innerHTML = text;
      window.htmx?.process(box);
      window.rounds.choose?.(box);
      window.rounds.open("dialog");
      box.querySelector(field ? "[data-editor]" : "[data-bulk-field]")?.focus();
    },

    async sendBulk(form) {
      const line = form.querySelector(".record-field");
      const control = line.querySelector("[data-editor]");
      const values = { [line.dataset.field]: window.rounds.valueOf(control) };
      const json = { ids: [...this.picked], values, key: window.rounds.makeKey() };
      const button = form.querySelector("[data-bulk-go]");
      button.disabled = true;
      const { ok, data } = await window.rounds.fetch(form.dataset.url, { json });
      button.disabled = false;
      const wrong = ok && !data.records.length && data.problems.length ? data.problems[0].error : data?.error;
      if (!ok || wrong) { const error = line.querySelector(".error"); error.hidden = false; error.textContent = wrong || ""; return; }
      form.closest("dialog").close();
      if (data.batch) this.remember({ batch: data.batch });
      if (data.reload) await this.reload();
      else this.refreshAll(data.records);
      this.tellPaste(data);
      this.takeFocus();
    },
  });

  function build(grid) {
    const { words } = grid;
    const bar = document.createElement("div");
    bar.className = "grid-bulk";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", words.picked.replace(/[::]?\s*\{n\}/, ""));
    bar.append(document.createElement("output"));
    const add = (label, kind, run) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: `btn btn-sm ${kind}`, textContent: label });
      button.addEventListener("click", run);
      bar.append(button);
      return button;
    };
    if (grid.columns.some((column) => !column.closed)) add(words.setField, "", () => grid.openBulk());
    if (grid.root.dataset.delete) add(words.delete, "", () => grid.deletePicked());
    const close = add("×", "btn-quiet btn-icon", () => { grid.unpick(); grid.takeFocus(); });
    close.title = words.unpick;
    close.setAttribute("aria-label", words.unpick);
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); grid.takeFocus(); }
    });
    grid.root.append(bar);
    return bar;
  }

  function toggle(grid, row, found) {
    const on = !grid.picked.has(found.id);
    grid.lastPicked = row;
    grid.pick(row, row, on);
    return on;
  }

  /** A finger on a row's number picks it when it did not scroll. */
  function tap(grid, event) {
    const gutter = event.pointerType === "touch" && !event.target.closest("a") && event.target.closest(".gutter");
    const row = gutter ? grid.rowUnder(gutter) : null;
    const found = row === null ? null : grid.row(row);
    if (found?.id) toggle(grid, row, found);
  }

  /** A press on a row's number picks it; with Shift from the last one on; dragging goes on. */
  function press(grid, event) {
    const gutter = event.target.closest(".gutter");
    if (!gutter || event.button !== 0 || event.pointerType === "touch" || event.target.closest("a")) return;
    const row = grid.rowUnder(gutter);
    const found = row === null ? null : grid.row(row);
    if (!found?.id) return;
    event.preventDefault();
    if (event.shiftKey && grid.lastPicked !== undefined) {
      grid.pick(Math.min(grid.lastPicked, row), Math.max(grid.lastPicked, row));
      return;
    }
    const on = toggle(grid, row, found);
    let reached = row;
    const drag = (moved) => {
      const to = grid.rowUnder(document.elementFromPoint(moved.clientX, moved.clientY));
      if (to === null || to === reached) return;
      reached = to;
      grid.pick(Math.min(row, to), Math.max(row, to), on);
    };
    const done = () => { removeEventListener("pointermove", drag); removeEventListener("pointerup", done); };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", done);
  }

  Grid.parts.push((grid) => {
    grid.picked = new Set();
    grid.body.addEventListener("pointerdown", (event) => press(grid, event));
    grid.body.addEventListener("click", (event) => tap(grid, event));
    const corner = grid.head.querySelector(".gutter");
    corner.title = grid.words.pickAll;
    corner.addEventListener("click", () => (grid.picked.size ? grid.unpick() : grid.rows && grid.pick(0, grid.rows - 1)));
    grid.on("rows", () => { if (grid.picked.size) grid.drawPicked(); });
    const form = (event) => event.target.closest?.("[data-bulk-form]");
    const changed = (event) => { if (event.target.matches("[data-bulk-field]")) grid.openBulk(event.target.value); };
    const sent = (event) => { if (form(event)) { event.preventDefault(); grid.sendBulk(form(event)); } };
    document.addEventListener("change", changed);
    document.addEventListener("submit", sent);
    grid.on("destroy", () => { document.removeEventListener("change", changed); document.removeEventListener("submit", sent); });
  });
})();
