/* Grid, the list under a cell: options, people, departments and records, sifted by what is typed. */
(() => {
  const { Grid } = window.rounds;
  const PICKERS = { person: "/people/pick", department: "/departments/pick" };

  /** One open list. `taken` are the chosen items; `several` lets more than one be chosen. */
  class List {
    constructor(grid, column, taken) {
      this.grid = grid;
      this.column = column;
      this.taken = taken;
      this.several = column.widget === "choices" || (column.widget === "link" && !column.single);
      this.box = grid.root.querySelector(".grid-list");
      this.items = [];
      this.at = 0;
      this.asked = 0;
      this.touched = false;
      this.keys = []; // pressed meanwhile
      this.coming = false; // whether the answer to what is typed is on its way
      this.box.onpointerdown = (event) => this.press(event);
      this.box.showPopover?.();
      this.place();
      this.sift("");
    }

    place() {
      const { left, bottom, top, width } = this.grid.input.getBoundingClientRect();
      const style = this.box.style;
      const below = innerHeight - bottom;
      style.left = `${Math.max(8, Math.min(left, innerWidth - 300))}px`;
      style.minWidth = `${Math.max(200, width)}px`;
      style.top = below > 240 ? `${bottom + 2}px` : "auto";
      style.bottom = below > 240 ? "auto" : `${innerHeight - top + 2}px`;
      style.maxHeight = `${Math.min(320, (below > 240 ? below : top) - 12)}px`;
    }

    async sift(text) {
      this.text = text;
      const mine = (this.asked += 1);
      if (this.column.options) this.show(this.among(text));
      else {
        this.coming = true;
        if (!this.items.length) this.box.innerHTML = '<div class="skeleton"></div>';
        clearTimeout(this.timer);
        if (text) await new Promise((done) => { this.timer = setTimeout(done, 120); });
        const found = await this.ask(text);
        if (mine !== this.asked) return;
        this.coming = false;
        this.show(found);
        for (const key of this.keys.splice(0)) if (this.grid.editing?.list === this) this.grid.editKey(key);
      }
    }

    /** A key that means the line which is still to come. */
    wait({ key, shiftKey }) { this.keys.push({ key, shiftKey, preventDefault() {}, stopPropagation() {} }); }

    among(text) {
      const asked = text.trim().toLowerCase();
      return this.column.options.filter((one) => one.text.toLowerCase().includes(asked));
    }

    async ask(text) {
      const { table } = this.grid.root.dataset;
      const url = new URL(PICKERS[this.column.widget] || `/r/${table}/pick?field=${this.column.id}`, location.href);
      url.searchParams.set("q", text);
      const { data } = await window.rounds.fetch(url);
      return Array.isArray(data) ? data : [];
    }

    isTaken(item) { return this.taken.some((one) => one.id === item.id); }

    show(items) {
      const rest = this.text ? [] : this.taken.filter((one) => !items.some((item) => item.id === one.id));
      this.items = [...rest, ...items];
      this.at = this.text ? 0 : this.items.findIndex((item) => this.isTaken(item));
      this.moved = false;
      this.draw();
    }

    draw() {
      const { grid } = this;
      this.box.setAttribute("role", "listbox");
      this.box.setAttribute("aria-label", this.column.name);
      this.box.setAttribute("aria-multiselectable", String(this.several));
      this.box.replaceChildren(...this.items.map((item, at) => this.line(item, at)));
      if (!this.items.length) {
        const none = document.createElement("p");
        none.className = "muted";
        none.textContent = document.body.dataset.nothing;
        this.box.replaceChildren(none);
      }
      grid.input.setAttribute("aria-controls", "grid-list");
      grid.input.setAttribute("aria-activedescendant", this.at >= 0 && this.items.length ? `list-${this.at}` : "");
      this.box.children[this.at]?.scrollIntoView({ block: "nearest" });
    }

    line(item, at) {
      const line = document.createElement("div");
      line.className = "list-line";
      line.id = `list-${at}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(this.isTaken(item)));
      line.classList.toggle("is-at", at === this.at);
      const name = line.appendChild(document.createElement("span"));
      name.textContent = item.text;
      name.className = item.color ? `tag tag-${item.color}` : "truncate";
      if (item.note) line.appendChild(Object.assign(document.createElement("small"), { textContent: item.note }));
      return line;
    }

    press(event) {
      event.preventDefault();
      const line = event.target.closest(".list-line");
      if (!line) return;
      this.at = [...this.box.children].indexOf(line);
      this.choose();
    }

    walk(by) {
      if (!this.items.length) return;
      this.at = this.at < 0 && by < 0 ? this.items.length - 1 : (this.at + by + this.items.length) % this.items.length;
      this.moved = true;
      this.draw();
    }

    /** Whether Enter means the line under the cursor: something was typed, or the cursor moved. */
    get points() { return this.at >= 0 && this.items.length > 0 && (this.moved || this.text !== ""); }

    /** Take the line under the cursor; a single one closes the list. */
    choose({ stay = false } = {}) {
      const item = this.items[this.at];
      if (!item) return;
      this.touched = true;
      if (!this.several) { this.taken = [item]; this.grid.commit({ then: stay ? "" : "stay" }); return; }
      this.taken = this.isTaken(item) ? this.taken.filter((one) => one.id !== item.id) : [...this.taken, item];
      this.grid.input.value = "";
      this.moved = false;
      if (this.text) this.sift(""); else this.draw();
    }

    clear() { this.touched = true; this.taken = []; this.draw(); }

    value() {
      const ids = this.taken.map((one) => one.id);
      return this.several || this.column.widget === "link" ? ids : ids[0] ?? null;
    }

    close() {
      this.asked = -1;
      clearTimeout(this.timer);
      this.box.hidePopover?.();
      this.box.replaceChildren();
      this.grid.input.removeAttribute("aria-activedescendant");
      this.grid.input.removeAttribute("aria-controls");
    }
  }

  /** What is chosen in a cell now, read from the cell itself. */
  function chosenIn(cell, column) {
    if (!cell || "stray" in cell.dataset || !cell.dataset.v) return [];
    const ids = cell.dataset.v.split(",").map(Number);
    if (column.options) return ids.map((id) => column.options.find((one) => one.id === id)).filter(Boolean);
    const names = column.widget === "link" ? [...cell.querySelectorAll(".chip")].map((one) => one.textContent) : [cell.textContent];
    return ids.map((id, at) => ({ id, text: names[at] || `#${id}` }));
  }

  const LISTED = new Set(["choice", "stage", "choices", "person", "department", "link"]);
  Object.assign(Grid, { List, LISTED, chosenIn });
})();
