/* Grid, finding: a bar of our own over the whole view, counted on the server; Enter goes on. */
(() => {
  const { Grid } = window.rounds;
  const WAIT_MS = 180;

  function build(grid) {
    const { words } = grid;
    const bar = document.createElement("form");
    bar.className = "grid-find";
    bar.setAttribute("role", "search");
    bar.setAttribute("aria-label", words.find);
    bar.hidden = true;
    bar.innerHTML = '<input class="input" type="text" maxlength="200" autocomplete="off" spellcheck="false">'
      + '<output class="muted small"></output>'
      + ["back", "next", "close"].map((one) => `<button class="btn btn-quiet btn-icon btn-sm" type="button" data-find="${one}"></button>`).join("");
    const names = { back: words.findBack, next: words.findNext, close: words.close };
    const signs = { back: "↑", next: "↓", close: "×" };
    bar.querySelectorAll("button").forEach((button) => {
      button.title = names[button.dataset.find];
      button.setAttribute("aria-label", button.title);
      button.textContent = signs[button.dataset.find];
    });
    const box = bar.querySelector("input");
    Object.assign(box, { placeholder: words.find });
    box.setAttribute("aria-label", words.find);
    bar.querySelector("output").setAttribute("aria-live", "polite");
    grid.root.append(bar);
    return bar;
  }

  Object.assign(Grid.prototype, {
    /** The place of a row among all records; among groups, that of the next record. */
    placeOf(row) {
      if (!this.levels?.length || row >= this.known) return row;
      const [line] = this.linesOf(row, 1);
      return line.index ?? line.node.start;
    },

    /** The row of a record by its place; groups that hide it open. */
    rowOf(place) {
      if (!this.levels?.length) return place;
      const path = this.groups.filter((node) => node.start <= place && place < node.start + node.count);
      const folded = path.filter((node) => this.folds.delete(node.path));
      if (folded.length) this.refold(path.at(-1));
      const leaf = path.at(-1);
      return (this.blocks.find((one) => one.node === leaf)?.line ?? 0) + 1 + place - leaf.start;
    },

    openFind() {
      this.find_ ||= start(this);
      const { bar } = this.find_;
      const box = bar.querySelector("input");
      bar.hidden = false;
      this.root.classList.add("is-finding");
      this.find_.from = this.active?.row ?? Math.floor(this.place / this.rowHeight);
      box.focus();
      box.select();
      if (box.value) this.seek("here");
    },

    closeFind() {
      if (!this.find_ || this.find_.bar.hidden) return;
      this.find_.bar.hidden = true;
      this.root.classList.remove("is-finding");
      this.find_.text = "";
      this.markFound();
      if (this.rows) this.takeFocus();
    },

    /** Go to the next row that shows the text: `next`, `back`, or `here` (from where the search
        began). One after the other, so that quick presses lose no step. */
    seek(step) {
      const find = this.find_;
      if (!find) { this.openFind(); return; }
      const mine = (find.asked = (find.asked || 0) + 1);
      find.turn = Promise.resolve(find.turn).then(() => (step !== "here" || mine === find.asked ? this.goFind(step) : null));
    },

    async goFind(step) {
      const find = this.find_;
      const text = find.bar.querySelector("input").value.trim();
      find.text = text;
      if (!text) { this.sayFound(null); this.markFound(); return; }
      const row = step === "here" ? find.from : this.active?.row ?? find.from;
      const url = this.address("find", { text, at: this.at, row: Math.min(this.placeOf(row), this.shown ?? this.known), step });
      const { ok, data } = await window.rounds.fetch(url);
      if (!ok || find.bar.hidden) return;
      this.sayFound(data);
      this.markFound();
      if (data.count) await this.showFound(data);
    },

    async showFound(data) {
      const row = this.rowOf(data.row);
      const top = this.pixelOf?.(row) ?? row * this.rowHeight;
      const margin = 2 * this.rowHeight; // not beneath the bar, not at the very edge
      if (top < this.place + margin || top > this.place + this.scale.view - margin) this.goTo(top - this.scale.view / 3);
      const column = this.columns.findIndex((one) => data.fields.includes(one.id));
      await this.moveTo(row, Math.max(0, column), { focus: false });
      this.markFound();
    },

    sayFound(data) {
      const { words } = this;
      const number = (n) => n.toLocaleString();
      let said = "";
      if (data) said = data.count
        ? words.found.replace("{at}", number(data.at)).replace("{n}", number(data.count) + (data.more ? "+" : ""))
        : words.foundNone;
      this.find_.bar.querySelector("output").textContent = said;
      this.find_.bar.classList.toggle("is-none", Boolean(data && !data.count));
    },

    /** Quiet marks on all loaded cells that show the text. */
    markFound() {
      const text = this.find_?.text?.toLowerCase();
      for (const cell of this.body.querySelectorAll(".is-found")) cell.classList.remove("is-found");
      if (!text) return;
      for (const cell of this.body.querySelectorAll(".cell"))
        if (cell.textContent.toLowerCase().includes(text)) cell.classList.add("is-found");
    },
  });

  function start(grid) {
    const bar = build(grid);
    const box = bar.querySelector("input");
    let timer;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => grid.seek("here"), WAIT_MS); };
    box.addEventListener("input", (event) => { if (!event.isComposing) later(); });
    box.addEventListener("compositionend", later);
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.addEventListener("click", (event) => {
      const what = event.target.closest("[data-find]")?.dataset.find;
      if (what === "close") grid.closeFind();
      else if (what) { grid.seek(what); box.focus(); }
    });
    bar.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); grid.closeFind(); }
      if ((event.key === "Enter" && event.target === box) || event.key === "F3") {
        event.preventDefault();
        clearTimeout(timer);
        const fresh = box.value.trim() !== (grid.find_.text || "");
        grid.seek(fresh ? "here" : event.shiftKey ? "back" : "next");
      }
    });
    return { bar, text: "", from: 0 };
  }

  Grid.parts.push((grid) => {
    /* Ctrl F anywhere on the page finds in the grid; pressed again in the bar, it is the browser's own. */
    const open = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "f") return;
      const elsewhere = event.target.closest?.(".grid-find, #panel, dialog[open]");
      if (event.defaultPrevented || elsewhere || grid.editing || !grid.scroller.checkVisibility()) return;
      event.preventDefault();
      grid.openFind();
    };
    document.addEventListener("keydown", open);
    grid.on("destroy", () => document.removeEventListener("keydown", open));
    grid.on("rows", () => { if (grid.find_?.text) grid.markFound(); });
  });
})();
