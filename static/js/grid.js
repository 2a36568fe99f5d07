/* Grid, the window on the rows: chunks of rows placed absolutely, made as they scroll into view.
   The parts (grid-rows, -groups, -cursor, -edit, -clip, -columns …) hang themselves on Grid.prototype. */
(() => {
  const KEPT_CHUNKS = 24;
  const IDLE_MS = 60; // a jump loads when the scrollbar rests this long

  const { Scale } = window.rounds;

  class Grid {
    constructor(root) {
      this.root = root;
      const part = (name) => root.querySelector(`.grid-${name}`);
      Object.assign(this, {
        scroller: part("scroll"), table: part("table"), head: part("head"), body: part("body"),
        over: part("over"), input: part("input"), add: part("add"), tail: part("tail"), foot: part("foot"),
      });
      this.words = JSON.parse(root.dataset.words);
      this.columns = JSON.parse(root.dataset.columns);
      this.levels = JSON.parse(root.dataset.levels); // of groups, none for a plain list
      this.frozen = Number(root.dataset.frozen); // columns that stay at the left
      this.perChunk = Number(root.dataset.rows);
      this.known = Number(root.dataset.count); // rows of the snapshot, as far as it is known
      this.extras = []; // records added here since, shown after them
      this.at = 0;
      this.chunks = new Map(); // number → element, in the page or kept aside
      this.wanted = new Set();
      this.headHeight = this.head.offsetHeight || 36;
      this.scale = new Scale(parseFloat(getComputedStyle(root).getPropertyValue("--line")) || 36);
      this.place = this.offset = this.lastScroll = 0;
      const first = this.body.querySelector(".chunk");
      if (this.levels.length) this.startGroups(first);
      else this.adopt(0, first);
      this.layColumns();
      this.fit();
      this.listen();
      for (const start of Grid.parts) start(this);
      this.render();
      this.measureRows();
    }

    get rows() { return this.known + this.extras.length; }
    get rowHeight() { return this.scale.row; }

    emit(name, detail = {}) { this.root.dispatchEvent(new CustomEvent(`grid:${name}`, { detail })); }
    on(name, run) { this.root.addEventListener(`grid:${name}`, (event) => run(event.detail)); }

    listen() {
      let frame = 0;
      this.scroller.addEventListener("scroll", () => {
        frame ||= requestAnimationFrame(() => { frame = 0; this.scrolled(); });
      }, { passive: true });
      this.watcher = new ResizeObserver(() => { this.fit(); this.render(); });
      this.watcher.observe(this.scroller);
    }

    destroy() {
      this.watcher.disconnect();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.sheet);
      this.emit("destroy");
    }

    /* ---- columns --------------------------------------------------------------------------- */

    /** Widths as rules of a style sheet: one change for all rows, and no style attributes. */
    layColumns() {
      let left = this.gutter = this.head.querySelector(".gutter").offsetWidth;
      const rules = [];
      const mixed = this.columns.some((column) => !column.closed);
      for (const column of this.columns) {
        column.left = left;
        left += column.width;
        if (column === this.columns[this.frozen - 1]) this.frozenWidth = left;
        rules.push(`#grid .k${column.id}{width:${column.width}px}`);
        if (column.closed && mixed) rules.push(`#grid .cell.k${column.id}{color:var(--text-muted)}`);
      }
      this.width = left;
      rules.push(`#grid .chunk,#grid .grid-head,#grid .grid-foot,#grid .grid-tail{width:${left}px}`);
      if (!this.sheet) {
        this.sheet = new CSSStyleSheet();
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
      }
      this.sheet.replaceSync(rules.join(""));
      this.table.style.width = `${left}px`;
    }

    /* ---- places ------------------------------------------------------------------------------ */

    fit() {
      const view = Math.max(100, this.scroller.clientHeight - this.headHeight - this.foot.offsetHeight);
      const tail = this.add ? this.scale.row : 0;
      this.scale.fit(this.pixelOf(this.rows) + tail, view);
      this.freezes = this.frozenWidth < 0.7 * this.scroller.clientWidth;
      this.root.classList.toggle("is-unfrozen", !this.freezes);
      this.body.style.height = `${this.scale.height}px`;
      this.root.classList.toggle("is-bare", this.rows === 0);
      this.putTail();
    }

    putTail() {
      if (this.tail) this.tail.style.top = `${this.topOf(this.rows) + this.headHeight}px`;
    }

    /** Pixels of all rows before one, and the row at so many pixels. */
    pixelOf(row) { return row * this.scale.row; }
    rowAt(pixel) { return Math.max(0, Math.floor(pixel / this.scale.row)); }

    /** Pixels from the top of the body to a row, as things stand. */
    topOf(row) { return this.pixelOf(row) - this.offset; }

    scrolled() {
      const now = this.scroller.scrollTop;
      const moved = now - this.lastScroll;
      this.lastScroll = now;
      if (!this.scale.mapped) this.place = now;
      else if (Math.abs(moved) < 3 * this.scale.view) this.place += moved;
      else this.place = this.scale.toPlace(now);
      this.place = Math.max(0, Math.min(this.place, this.scale.end));
      this.settle(now);
      this.render();
      if (!this.scale.mapped) return;
      clearTimeout(this.idle);
      this.idle = setTimeout(() => this.goTo(this.place), 200);
    }

    /** Near an end the scrollbar must agree with the rows at once. */
    settle(now) {
      const before = this.offset;
      this.offset = this.scale.mapped ? Math.round(this.place - now) : 0;
      const edge = now < this.scale.view || now > this.scale.stop - this.scale.view;
      if (this.scale.mapped && edge && Math.abs(this.scale.toScroll(this.place) - now) > 1) this.goTo(this.place);
      if (before !== this.offset) this.moveChunks();
    }

    /** Scroll so that `place` (in pixels of all rows) is at the top. */
    goTo(place) {
      this.place = Math.max(0, Math.min(place, this.scale.end));
      this.scroller.scrollTop = this.scale.toScroll(this.place);
      this.lastScroll = this.scroller.scrollTop;
      const offset = this.scale.mapped ? Math.round(this.place - this.lastScroll) : 0;
      if (offset !== this.offset) { this.offset = offset; this.moveChunks(); }
      this.render();
    }

    moveChunks() {
      for (const [number, element] of this.chunks) element.style.top = `${this.topOf(number * this.perChunk)}px`;
      this.putTail();
      this.emit("moved");
    }

    /** Bring a cell into view with as little movement as possible. */
    reveal(row, column) {
      const top = this.pixelOf(row);
      const bottom = top + this.scale.row;
      const covered = this.levels.length ? this.headHeight : 0; // by the heading that stays in sight
      if (top < this.place + covered) this.goTo(top - covered);
      else if (bottom > this.place + this.scale.view) this.goTo(bottom - this.scale.view);
      const { left, width } = this.columns[column] || this.columns[0];
      const frozen = this.freezes ? this.frozenWidth : 0;
      const from = this.scroller.scrollLeft;
      if (column < this.frozen && this.freezes) return;
      if (left < from + frozen) this.scroller.scrollLeft = left - frozen;
      else if (left + width > from + this.scroller.clientWidth) this.scroller.scrollLeft = left + width - this.scroller.clientWidth + 8;
    }

    /* ---- chunks -------------------------------------------------------------------------------- */

    adopt(number, element) {
      element.style.top = `${this.topOf(number * this.perChunk)}px`;
      element.dataset.chunk = number;
      this.chunks.delete(number);
      this.chunks.set(number, element);
      this.growExtras(number, element);
      const first = number * this.perChunk;
      const rows = element.querySelector(".frozen")?.children.length || 0;
      element.style.height = `${this.pixelOf(first + rows) - this.pixelOf(first)}px`;
    }

    numberOf(row) { return Math.floor(row / this.perChunk); }

    /** What is in sight goes into the page, the rest out of it; what is missing is asked for. */
    render() {
      const last = Math.max(0, this.numberOf(Math.max(0, this.rows - 1)));
      const from = this.numberOf(this.rowAt(this.place - 400));
      const to = Math.min(last, this.numberOf(this.rowAt(this.place + this.scale.view + 400)));
      for (const element of [...this.body.children]) {
        const number = Number(element.dataset.chunk);
        if (number < from || number > to) element.remove();
      }
      this.wanted.clear();
      let fresh = false;
      for (let number = from; number <= to && this.rows > 0; number += 1) {
        const element = this.chunks.get(number);
        if (!element) this.wanted.add(number);
        else if (!element.isConnected) { this.show(number, element); fresh = true; }
      }
      if (fresh) this.emit("rows");
      if (this.wanted.size) { clearTimeout(this.asking); this.asking = setTimeout(() => this.ask(), this.jumped() ? IDLE_MS : 0); }
      else this.lookAhead(from, to, last);
      this.emit("view");
    }

    /** Whether the place has moved far since the last look: then wait until it rests. */
    jumped() {
      const far = Math.abs(this.place - (this.lastPlace ?? 0)) > 4 * this.scale.view;
      this.lastPlace = this.place;
      return far;
    }

    show(number, element) {
      element.style.top = `${this.topOf(number * this.perChunk)}px`;
      this.body.append(element);
      this.chunks.delete(number);
      this.chunks.set(number, element); // the last used stand last
    }

    ask() { for (const number of this.wanted) this.load(number); }

    lookAhead(from, to, last) {
      clearTimeout(this.ahead);
      this.ahead = setTimeout(() => {
        for (const number of [to + 1, from - 1])
          if (number >= 0 && number <= last && !this.chunks.has(number)) this.load(number);
      }, 120);
    }

    async load(number) {
      this.loading ||= new Map();
      if (!this.loading.has(number)) {
        const turn = this.fetchChunk(number).finally(() => { if (this.loading.get(number) === turn) this.loading.delete(number); });
        this.loading.set(number, turn);
      }
      return this.loading.get(number);
    }

    async fetchChunk(number) {
      const first = number * this.perChunk;
      const { epoch, at } = this;
      let html = "";
      if (first < this.known) {
        const url = this.address("chunk", { from: first, at });
        const answer = await window.rounds.fetch(url, { headers: { Accept: "text/html" } });
        if (!answer.ok || epoch !== this.epoch || at !== this.at) return; // of an order that holds no more
        html = answer.text;
      }
      const element = document.createElement("div");
      element.className = "chunk";
      element.innerHTML = html || '<div class="frozen"></div><div class="free"></div>';
      this.adopt(number, element);
      this.forget();
      this.render();
    }

    forget() {
      for (const [number, element] of this.chunks) {
        if (this.chunks.size <= KEPT_CHUNKS) break;
        if (!element.isConnected && number !== 0) this.chunks.delete(number);
      }
    }

    address(what, extra = {}) {
      const url = new URL(this.root.dataset.src + what, location.href);
      url.search = this.root.dataset.query;
      for (const [name, value] of Object.entries(extra)) if (value) url.searchParams.set(name, value);
      return url;
    }

    /* ---- how many rows there are ----------------------------------------------------------------- */

    async measureRows() {
      const { epoch } = this;
      const { ok, data } = await window.rounds.fetch(this.address("size"));
      if (!this.root.isConnected || epoch !== this.epoch) return;
      if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return; }
      this.loading?.clear(); // what is on its way stands in the order before
      Object.assign(this, { at: data.at, shown: data.shown, visible: data.visible, extras: [] });
      await this.takeSize(data);
      if (epoch !== this.epoch) return;
      this.table.setAttribute("aria-rowcount", this.rows + 1);
      this.fit();
      this.render();
      this.sayScope();
      this.emit("measured");
    }

    async takeSize(data) { this.known = data.shown; }

    sayScope() {
      const line = document.querySelector("[data-scope]");
      if (!line) return;
      const shown = (this.shown + this.extras.length).toLocaleString();
      const total = (this.visible + this.extras.length).toLocaleString();
      line.textContent = shown === total
        ? this.words.count.replace("{n}", shown)
        : this.words.scope.replace("{shown}", shown).replace("{total}", total);
    }

    /** Everything afresh, at the same place; of several at once the last one counts. */
    reload() {
      this.epoch = (this.epoch || 0) + 1;
      this.loading?.clear();
      this.anew = this.readAnew(this.epoch);
      return this.anew;
    }

    async readAnew(epoch) {
      const before = new Set(this.chunks.keys());
      await this.measureRows();
      if (epoch !== this.epoch) return this.anew;
      for (const number of before) {
        const old = this.chunks.get(number);
        if (!old?.isConnected) this.chunks.delete(number);
      }
      const shown = [...this.body.children].map((one) => Number(one.dataset.chunk));
      await Promise.all(shown.map((number) => this.replaceChunk(number)));
      if (epoch !== this.epoch) return this.anew;
      this.fit();
      this.render();
      this.follow();
      this.emit("rows");
      return null;
    }

    async replaceChunk(number) {
      const old = this.chunks.get(number);
      await this.fetchChunk(number);
      if (this.chunks.get(number) !== old) old?.remove();
      this.render();
    }
  }

  Grid.parts = [];
  let current = null;

  function mount() {
    const root = document.querySelector("[data-grid]");
    if (current?.root === root) return;
    current?.destroy();
    current = window.rounds.grid = root ? new Grid(root) : null;
  }

  window.rounds.Grid = Grid;
  document.addEventListener("DOMContentLoaded", mount);
  document.addEventListener("htmx:after:settle", mount);

  /* What the record panel did beside the grid. */
  const here = (event) => current && String(event.detail.table) === current.root.dataset.table;
  document.addEventListener("rounds:record-saved", (event) => { if (here(event)) current.refresh(event.detail); });
  document.addEventListener("rounds:record-created", (event) => { if (here(event)) current.append(event.detail); });
  document.addEventListener("rounds:record-gone", (event) => { if (here(event)) current.reload(); });
  document.addEventListener("rounds:record-restored", (event) => { if (here(event)) current.reload(); });
})();
