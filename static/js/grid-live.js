/* Grid, what others do: their changes fade in within seconds, new and removed rows announce
   themselves, rows with comments carry a mark. The cursor and what is being typed stay. */
(() => {
  const { Grid } = window.rounds;
  const EVERY_MS = 4000;
  const SLOWEST_MS = 60_000;
  const MARKS_EVERY = 8; // looks at the log between two looks at the comments

  /** Asked without a word when it fails: nobody did anything. */
  async function ask(url) {
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
      if (!answer.ok) return { status: answer.status };
      return { status: 200, data: await answer.json() };
    } catch { return { status: 0 }; }
  }

  class Live {
    constructor(grid) {
      Object.assign(this, { grid, since: "", wait: EVERY_MS, turn: 0, fresh: new Set(), went: new Set(), held: new Map(), marks: new Map() });
      this.hidden = () => { if (!document.hidden) this.soon(0); };
      this.commented = (event) => { if (String(event.detail.table) === grid.root.dataset.table) { this.marks.delete(event.detail.id); this.markSoon(); } };
      document.addEventListener("visibilitychange", this.hidden);
      document.addEventListener("rounds:commented", this.commented);
      grid.on("measured", () => { this.forget(); this.soon(this.since ? EVERY_MS : 0); });
      grid.on("rows", () => { this.release(); this.markSoon(); });
      grid.on("destroy", () => this.stop());
      this.markSoon();
    }

    stop() {
      clearTimeout(this.timer);
      clearTimeout(this.marking);
      this.over = true;
      document.removeEventListener("visibilitychange", this.hidden);
      document.removeEventListener("rounds:commented", this.commented);
    }

    soon(ms) { clearTimeout(this.timer); this.timer = setTimeout(() => this.look(), ms); }

    /** Rows in the page as `id:rev`, the ones somebody reads now. */
    shown() {
      const rows = [...this.grid.loadedRows()].filter((row) => row.left.isConnected);
      return rows.map((row) => `${row.id}:${Number(row.left.dataset.rev) || 0}`).slice(0, 400).join(",");
    }

    async look() {
      const { grid } = this;
      if (this.over || document.hidden || !grid.root.isConnected) return;
      if (!grid.scroller.checkVisibility()) { this.soon(EVERY_MS); return; }
      const { epoch, at } = grid;
      const { status, data } = await ask(grid.address("changes", { since: this.since, at, rows: this.shown() }));
      if (this.over || status === 401 || status === 404) return;
      this.wait = data ? EVERY_MS : Math.min(SLOWEST_MS, this.wait * 2);
      if (data && epoch === grid.epoch && at === grid.at) await this.take(data);
      this.turn += 1;
      if (this.turn % MARKS_EVERY === 0) { this.marks.clear(); this.markSoon(); }
      this.soon(this.wait);
    }

    async take(data) {
      const { grid } = this;
      if (data.stale) {
        if (grid.editing) return; // later: the next answer says so again
        this.since = data.now;
        await grid.reload();
        return;
      }
      this.since = data.now;
      if (!data.rows) return;
      for (const [number, element] of grid.chunks) if (!element.isConnected) grid.chunks.delete(number);
      for (const [place, [left]] of grid.pool || []) if (!left.isConnected) grid.pool.delete(place);
      for (const row of data.rows) this.held.set(row.id, row);
      this.release();
      const own = new Set(grid.extras.map((one) => one.id));
      for (const id of data.new) if (!own.has(id)) this.fresh.add(id);
      this.many = data.many;
      for (const id of data.gone) this.went.add(id);
      this.dim();
      this.announce();
    }

    /** Put in what is held back, but for the row in which somebody types. */
    release() {
      const { grid } = this;
      if (!this.held.size || this.releasing) return;
      this.releasing = true;
      for (const row of [...grid.loadedRows()]) {
        const fresh = this.held.get(row.id);
        if (!fresh || row.row === grid.editing?.row) continue;
        this.held.delete(row.id);
        if (fresh.rev > Number(row.left.dataset.rev)) this.fadeIn(row, fresh);
      }
      this.releasing = false;
    }

    fadeIn(row, fresh) {
      const { grid } = this;
      const cells = grid.columns.map((_column, at) => grid.cell(row.row, at));
      const before = cells.map((cell) => cell?.innerHTML);
      grid.refresh(fresh);
      cells.forEach((cell, at) => {
        if (!cell || cell.innerHTML === before[at]) return;
        cell.classList.add("is-new-value");
        setTimeout(() => cell.classList.remove("is-new-value"), 1700);
      });
    }

    dim() {
      for (const row of this.grid.loadedRows()) {
        const gone = this.went.has(row.id);
        row.left.classList.toggle("is-gone", gone);
        row.right.classList.toggle("is-gone", gone);
      }
    }

    /* ---- rows that came or went ----------------------------------------------------------------- */

    announce() {
      const { grid } = this;
      const { words } = grid;
      const said = [];
      if (this.many) said.push(words.manyNews);
      else if (this.fresh.size) said.push(words.news.replace("{n}", this.fresh.size));
      if (this.went.size) said.push(words.went.replace("{n}", this.went.size));
      this.line ||= this.build();
      this.line.hidden = !said.length;
      this.line.firstChild.textContent = said.join(" · ");
    }

    build() {
      const line = document.createElement("div");
      line.className = "grid-news";
      line.setAttribute("role", "status");
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-link", textContent: this.grid.words.show });
      button.addEventListener("click", async () => { this.forget(); await this.grid.reload(); this.grid.takeFocus(); });
      line.append(document.createElement("span"), button);
      this.grid.root.append(line);
      return line;
    }

    forget() {
      this.fresh.clear();
      this.went.clear();
      this.many = false;
      this.dim();
      if (this.line) this.line.hidden = true;
    }

    /* ---- marks of comments ------------------------------------------------------------------------ */

    markSoon() { clearTimeout(this.marking); this.marking = setTimeout(() => this.mark(), 250); }

    async mark() {
      const { grid } = this;
      if (this.over || document.hidden) return;
      const rows = [...grid.loadedRows()].filter((row) => row.left.isConnected);
      for (const row of rows) if (this.marks.has(row.id)) this.put(row, this.marks.get(row.id));
      const ids = rows.map((row) => row.id).filter((id) => !this.marks.has(id)).slice(0, 400);
      if (!ids.length) return;
      const { data } = await ask(grid.address("talk", { ids: ids.join(",") }));
      if (!data || this.over) return;
      for (const id of ids) this.marks.set(id, data.counts[id] || 0);
      for (const row of grid.loadedRows()) if (this.marks.has(row.id)) this.put(row, this.marks.get(row.id));
    }

    put(row, count) {
      const gutter = row.left.querySelector(".gutter");
      let link = gutter?.querySelector(".talk");
      if (!count) { link?.remove(); return; }
      if (!gutter) return;
      if (!link) {
        link = document.createElement("a");
        Object.assign(link, { className: "talk", tabIndex: -1, href: `/r/${this.grid.root.dataset.table}/${row.id}#comments` });
        link.dataset.record = "";
        gutter.append(link);
      }
      link.title = this.grid.words.comments.replace("{n}", count);
      link.setAttribute("aria-label", link.title);
    }
  }

  Grid.parts.push((grid) => { grid.live = new Live(grid); });
})();
