/* Hierarchy: folding, reading what lies below, walking by keys, adding; moving is in hierarchy-move.js. */
(() => {
  const { HierarchyLines, HierarchyMoving } = window.rounds;
  const AT_ONCE = 40; // parents asked for in one request
  const DEEPEST = 40;

  class Hierarchy {
    constructor(root) {
      this.root = root;
      this.words = root.dataset;
      this.setup = JSON.parse(root.dataset.setup);
      this.asked = new URLSearchParams(root.dataset.query);
      this.active = null;
      this.lines = new HierarchyLines(this);
      this.moving = new HierarchyMoving(this);
      const first = JSON.parse(root.dataset.first);
      this.lines.top.lines = this.lines.put(this.lines.top, first.lines, first.more);
      this.lines.draw();
      root.addEventListener("click", (event) => this.pressed(event));
      root.addEventListener("keydown", (event) => this.keyed(event));
      root.addEventListener("submit", (event) => this.added(event));
      root.addEventListener("focusin", (event) => this.focused(event));
      this.openTo(this.setup.narrowed ? DEEPEST : 1, { quiet: true });
    }

    href(line) { return `/r/${this.setup.table}/${line.id}`; }
    announce(text) { this.root.querySelector(".hi-said").textContent = text; }

    /* ---- reading -------------------------------------------------------------------------------- */

    ask(what, more) {
      const url = new URL(`/v/${this.setup.view}/data/${what}`, location.origin);
      for (const name of ["filter", "saved", "sort", "q", "hide", "order", "colors"]) if (this.asked.get(name)) url.searchParams.set(name, this.asked.get(name));
      for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
      return window.rounds.fetch(url);
    }

    /** What lies right below a line: a page of it, or the next one. */
    below(line, how = {}) {
      line.reading ||= this.readBelow(line, how).finally(() => { line.reading = null; });
      return line.reading;
    }

    async readBelow(line, { next = false }) {
      const { ok, data } = await this.ask("lines", { of: line.parent ? line.id : "top", from: next ? line.more : 0 });
      if (!ok) return false;
      const before = next ? line.lines : [];
      line.lines = [...before, ...this.lines.put(line, data.lines, data.more)];
      return true;
    }

    /** Several at once; where that is too much, one by one. */
    async belowAll(lines) {
      for (let at = 0; at < lines.length; at += AT_ONCE) {
        const part = lines.slice(at, at + AT_ONCE);
        const { ok, data } = part.length > 1 ? await this.ask("lines", { of: [...new Set(part.map((one) => one.id))].join(",") }) : {};
        if (!ok || data.cut || !data.of) { for (const one of part) await this.below(one); continue; }
        for (const one of part) one.lines = this.lines.put(one, data.of[one.id] || [], 0);
      }
    }

    async fold(line, open = !line?.open) {
      if (!line?.children || line.again) return;
      if (open && !line.lines && !(await this.below(line))) return;
      line.open = open;
      this.lines.draw();
    }

    /** Open all lines down to a level (0 folds all), as many as fit. */
    openTo(level, how = {}) { return this.inTurn(() => this.openDownTo(level, how)); }

    async openDownTo(level, { quiet = false }) {
      if (!level) { for (const { line } of this.lines.walk()) if (line) line.open = false; this.lines.draw(); return; }
      let row = this.lines.top.lines;
      let count = row.length;
      for (let at = 1; row.length && at <= Math.min(level, DEEPEST); at += 1) {
        const folds = row.filter((line) => line.children && !line.again);
        await this.belowAll(folds.filter((line) => !line.lines));
        const next = [];
        for (const line of folds) {
          count += line.lines?.length || 0;
          if (count > this.setup.opened) break;
          line.open = true;
          next.push(...(line.lines || []));
        }
        if (count > this.setup.opened) { if (!quiet) window.rounds.toast({ text: this.words.many.replace("{n}", this.setup.opened), kind: "info" }); break; }
        row = next;
      }
      if (level < DEEPEST) for (const { line } of [...this.lines.walk()]) if (line && line.level > level) line.open = false;
      this.lines.draw();
    }

    /** Read anew what is open; `show` is a record whose line is opened too. One after another, as all that opens
        many lines. */
    refresh(how = {}) { return this.inTurn(() => this.reread(how)); }

    inTurn(run) {
      this.turn = (this.turn || Promise.resolve()).then(run, run);
      return this.turn;
    }

    /** The tree is read beside the one that is shown, and takes its place when all of it is here. */
    async reread({ show = null, news = null }) {
      const reload = () => (news ? window.rounds.live.reread() : location.reload());
      const { ok, data } = await this.ask("lines", { of: "top", from: 0 });
      if (!ok || !this.lines.body) { if (ok && data.lines.length) reload(); return; }
      const shown = this.lines.top;
      const top = { ...shown, lines: null };
      top.lines = this.lines.put(top, data.lines, data.more);
      const rings = shown.lines.filter((one) => one.ring && !data.lines.some((line) => line.id === one.id));
      if (rings.length && news) top.lines.push(...rings);
      else if (rings.length) { reload(); return; } // circles are looked for with the page
      if (!(await this.deepen(top, show)) || (news && window.rounds.live.later(news))) return;
      for (const { line } of this.lines.walk(shown)) {
        const same = line?.adding && this.lines.find(line.key, top);
        if (same) Object.assign(same, { adding: true, open: true, lines: same.lines || [] });
      }
      this.lines.top = top;
      this.lines.draw();
    }

    /** What lies below the open lines, also of those that are opened or folded meanwhile; false without an answer. */
    async deepen(top, show) {
      for (;;) {
        const open = new Set([...this.lines.walk()].filter(({ line }) => line?.open).map(({ line }) => line.key));
        const lines = [...this.lines.walk(top)].map(({ line }) => line).filter((line) => line?.children && !line.again);
        for (const line of lines) line.open = open.has(line.key) || line.id === show;
        const folds = lines.filter((line) => line.open && !line.lines);
        if (!folds.length) return true;
        await this.belowAll(folds);
        if (folds.some((line) => !line.lines)) return false;
      }
    }

    /* ---- pressing and keys ------------------------------------------------------------------------ */

    pressed(event) {
      const { target } = event;
      const fold = target.closest("button[data-branch]");
      const open = target.closest("button[data-open]");
      const more = target.closest("button[data-more]");
      const act = target.closest("button[data-actions]");
      const run = target.closest("button[data-do]");
      if (fold) this.fold(this.lines.find(fold.dataset.branch));
      else if (open) this.openTo(Number(open.dataset.open));
      else if (more) this.showMore(this.lines.find(more.dataset.more));
      else if (act) this.acting = act.dataset.actions;
      else if (run) this.act(run.dataset.do, this.lines.find(this.acting));
      else if (target.closest("button[data-add-top]")) this.add(this.lines.top);
    }

    async showMore(line) {
      if (await this.below(line, { next: true })) this.lines.draw();
    }

    act(what, line) {
      if (!line) return;
      if (what === "add") this.add(line);
      if (what === "move") this.moving.ask(line);
      if (what === "raise") this.moving.put(line, null);
      if (what === "open") window.rounds.openRecord(this.href(line));
    }

    focused(event) {
      const row = event.target.closest?.("[data-key]");
      if (!row || row.dataset.key === this.active) return;
      const before = this.lines.rowOf(this.active);
      if (before) before.tabIndex = -1;
      row.tabIndex = 0;
      this.active = row.dataset.key;
    }

    keyed(event) {
      if (event.key === "Escape" && event.target.closest("[data-adding]")) { this.stopAdding(); return; }
      const row = event.target.closest?.("[data-key]");
      if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
      const line = this.lines.find(row.dataset.key);
      const run = {
        ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), Home: () => this.step(-Infinity), End: () => this.step(Infinity),
        ArrowRight: () => (line.open ? this.step(1) : this.fold(line, true)),
        ArrowLeft: () => (line.open ? this.fold(line, false) : this.focus(line.parent)),
        Enter: () => window.rounds.openRecord(this.href(line)),
        m: () => this.moving.ask(line), M: () => this.moving.ask(line),
        a: () => this.add(line), A: () => this.add(line),
      }[event.key];
      if (!run || !line) return;
      event.preventDefault();
      run();
    }

    step(way) {
      const rows = [...this.lines.body.querySelectorAll("[data-key]")];
      const at = rows.findIndex((row) => row.dataset.key === this.active);
      rows[Math.max(0, Math.min(rows.length - 1, at + way))]?.focus();
    }

    focus(line) { this.lines.rowOf(line?.key)?.focus(); }

    /* ---- adding ------------------------------------------------------------------------------------- */

    async add(line) {
      if (!this.setup.creates) return;
      if (!this.lines.body) { window.rounds.openRecord(`/r/${this.setup.table}/new`); return; }
      this.stopAdding();
      if (line.parent && !line.lines && line.children) await this.below(line);
      Object.assign(line, { adding: true, open: true, lines: line.lines || [] });
      this.lines.draw();
      this.root.querySelector("[data-adding] input")?.focus();
    }

    stopAdding() {
      const form = this.root.querySelector("[data-adding]");
      if (!form) return;
      const line = this.lines.find(form.dataset.adding);
      if (line) { line.adding = false; if (line.parent && !line.lines?.length) line.open = false; }
      this.lines.draw();
      this.focus(line);
    }

    async added(event) {
      const form = event.target.closest("[data-adding]");
      if (!form) return;
      event.preventDefault();
      const input = form.elements.title;
      const title = input.value.trim();
      const parent = this.lines.find(form.dataset.adding);
      if (!title || !parent) return;
      input.value = ""; // for the next one, while this one is on its way
      const again = form.unsure?.title === title; // perhaps it did arrive
      const key = again ? form.unsure.key : window.rounds.makeKey();
      const values = { [this.setup.title]: title, ...(parent.parent ? { [this.setup.parent]: [parent.id] } : {}) };
      const { ok, status, data } = await window.rounds.fetch(`/r/${this.setup.table}/new`, { json: { values, key } });
      form.unsure = status && status < 500 ? null : { title, key };
      const error = form.querySelector(".error");
      error.hidden = ok || !data?.error;
      error.textContent = Object.values(data?.problems || {})[0] || data?.error || "";
      if (!ok) { input.value ||= title; return; }
      window.rounds.undoToast(this.words.added, this.words, data.change, { table: this.setup.table, id: data.id, created: true });
      await this.refresh({ show: parent.id ?? null });
    }
  }

  /* ---- one at a time: the toolbar swaps the view when it is filtered anew ------------------------------ */

  let current = null;

  function mount() {
    const root = document.getElementById("hierarchy");
    if (current?.root === root) return;
    current = root ? new Hierarchy(root) : null;
  }

  mount();
  document.addEventListener("htmx:after:settle", mount);
  for (const what of ["saved", "created", "gone", "restored", "news"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      if (current && String(detail.table) === String(current.setup.table)) current.refresh({ news: what === "news" ? detail : null });
    });
})();
