/* Grid, groups: headings among the rows, made here from the list of groups; folding asks nobody.
   A line is a heading or a record; records are asked for by their place in the snapshot. */
(() => {
  const { Grid } = window.rounds;
  const HEADING = 40;
  const POOL = 4000; // rows kept beside those in sight
  const ARROW = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 6l6 6-6 6"/></svg>';

  const make = (tag, className, attributes = {}) => {
    const node = Object.assign(document.createElement(tag), { className });
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };

  /* What folds are remembered by, in this browser. */
  const memory = (grid) => `rounds.folds.${grid.root.dataset.view}.${grid.levels.map((one) => one.field).join(".")}`;
  function remembered(grid) {
    try { return new Set(JSON.parse(localStorage.getItem(memory(grid))) || []); } catch { return new Set(); }
  }
  function remember(grid) {
    try { localStorage.setItem(memory(grid), JSON.stringify([...grid.folds].slice(-2000))); } catch { /* this page only */ }
  }

  /** The last of `list` whose `name` is at most `value`. */
  function lastUpTo(list, name, value) {
    let [low, high] = [0, list.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle][name] <= value) low = middle; else high = middle - 1;
    }
    return list[low];
  }

  const GROUPED = {
    pixelOf(line) {
      if (line >= this.known) return this.pixels + (line - this.known) * this.scale.row;
      const block = lastUpTo(this.blocks, "line", line);
      return block.top + (line === block.line ? 0 : HEADING + (line - block.line - 1) * this.scale.row);
    },

    rowAt(pixel) {
      if (pixel >= this.pixels) return this.known + Math.floor((pixel - this.pixels) / this.scale.row);
      if (pixel <= 0) return 0;
      const block = lastUpTo(this.blocks, "top", pixel);
      const within = pixel - block.top - HEADING;
      return block.line + (within < 0 ? 0 : 1 + Math.floor(within / this.scale.row));
    },

    /** The heading on a line, or null. */
    headingOn(line) {
      const block = line < this.known ? lastUpTo(this.blocks, "line", line) : null;
      return block?.line === line ? block.node : null;
    },

    /** What stands on the lines of a chunk: {node} or {index, nth}. */
    linesOf(from, count) {
      const lines = [];
      for (let line = from; line < Math.min(from + count, this.known); line += 1) {
        const { line: start, node } = lastUpTo(this.blocks, "line", line);
        lines.push(line === start ? { node } : { index: node.start + line - start - 1, nth: line - start });
      }
      return lines;
    },

    /* ---- from the server ------------------------------------------------------------------------- */

    async takeSize(data) {
      this.setGroups(data.groups);
      this.counted = true;
      this.sums = null;
      const fresh = this.began ? new Map() : this.pool; // the first rows are already here
      this.began = true;
      this.layGroups();
      const { epoch } = this;
      await this.fetchRows(this.inSight(), fresh);
      if (epoch !== this.epoch) return;
      this.pool = fresh;
      this.putLines();
    },

    setGroups(list) {
      const round = [];
      let start = 0;
      this.groups = list.map(([level, count, label, key], at) => {
        const parent = level ? round[level - 1] : null;
        const node = { level, count, label, at, start, parent, path: `${parent?.path ?? ""}\u001f${key}` };
        round[level] = node;
        if (level === this.levels.length - 1) start += count;
        return node;
      });
    },

    /** Where each heading in sight stands, and the rows beneath it. */
    layGroups() {
      this.blocks = [];
      let [line, top, folded] = [0, 0, Infinity];
      for (const node of this.groups) {
        if (node.level > folded) continue;
        folded = this.folds.has(node.path) ? node.level : Infinity;
        const rows = folded === Infinity && node.level === this.levels.length - 1 ? node.count : 0;
        this.blocks.push({ node, line, top });
        line += 1 + rows;
        top += HEADING + rows * this.scale.row;
      }
      this.known = line;
      this.pixels = top;
    },

    /** The places of the records on the lines in sight. */
    inSight() {
      const from = this.numberOf(this.rowAt(this.place)) * this.perChunk;
      const to = this.rowAt(this.place + Math.max(this.scale.view, 400));
      return this.linesOf(from, to - from + 1 + this.perChunk).flatMap((one) => one.index ?? []).filter((index) => !this.pool.has(index));
    },

    /** Ask for records by place, into `pool`; false when that failed. */
    async fetchRows(places, pool) {
      if (!places.length) return true;
      const ranges = [];
      for (const place of places.slice(0, 400)) {
        if (ranges.at(-1)?.[1] === place - 1) ranges.at(-1)[1] = place;
        else ranges.push([place, place]);
      }
      const url = this.address("chunk", { at: this.at, ranges: ranges.map((one) => one.join("-")).join(",") });
      const answer = await window.rounds.fetch(url, { headers: { Accept: "text/html" } });
      if (!answer.ok) return false;
      const box = make("div", "");
      box.innerHTML = answer.text;
      this.intoPool(box, places, pool);
      return true;
    },

    intoPool(box, places, pool) {
      const [left, right] = [".frozen", ".free"].map((half) => [...(box.querySelector(half)?.children || [])]);
      left.forEach((row, at) => { if (at < places.length) pool.set(places[at], [row, right[at]]); });
    },

    async fetchChunk(number) {
      const first = number * this.perChunk;
      const [epoch, layout] = [this.epoch, this.layout];
      const lines = this.linesOf(first, this.perChunk);
      const missing = lines.flatMap((one) => one.index ?? []).filter((index) => !this.pool.has(index));
      if (missing.length && !(await this.fetchRows(missing, this.pool))) return;
      if (epoch !== this.epoch || layout !== this.layout) return;
      this.adopt(number, this.assemble(first, lines));
      this.forget();
      if (this.pool.size > POOL) this.thinPool();
      this.render();
    },

    thinPool() {
      for (const [index, [left]] of this.pool) if (!left.isConnected && ![...this.chunks.values()].some((one) => one.contains(left))) this.pool.delete(index);
    },

    /* ---- lines as elements ---------------------------------------------------------------------------- */

    assemble(first, lines) {
      const chunk = make("div", "chunk");
      const [left, right] = [make("div", "frozen"), make("div", "free")];
      lines.forEach(({ node, index, nth }, at) => {
        const halves = node ? this.headingRow(node) : this.pool.get(index) || [make("div", "row"), make("div", "row")];
        for (const half of halves) half.setAttribute("aria-rowindex", first + at + 2);
        const number = nth && halves[0].querySelector(".gutter > span");
        if (number) number.textContent = nth;
        left.append(halves[0]);
        right.append(halves[1]);
      });
      chunk.append(left, right);
      return chunk;
    },

    headingRow(node) {
      const open = !this.folds.has(node.path);
      const [left, right] = ["heading", "heading"].map((name) => make("div", `row ${name} level-${node.level}`, {
        role: "row", "aria-level": node.level + 1, "aria-expanded": open,
      }));
      const label = make("div", "heading-label", { role: "rowheader" });
      label.append(...this.labelOf(node));
      left.append(label);
      right.append(...this.columns.slice(this.frozen).map((column) => {
        const cell = make("div", `heading-sum k${column.id}${column.end ? " num" : ""}`, { role: "gridcell" });
        cell.textContent = this.sumOf(node, column);
        return cell;
      }));
      left.node = right.node = node;
      return [left, right];
    },

    labelOf(node) {
      const fold = make("button", "fold", { type: "button", tabindex: "-1", "aria-expanded": !this.folds.has(node.path), "aria-label": this.sayHeading(node) });
      fold.innerHTML = ARROW;
      const name = make("span", "heading-name");
      name.innerHTML = node.label;
      const field = Object.assign(make("small", "heading-field"), { textContent: this.levels[node.level].name });
      const count = Object.assign(make("span", "heading-count"), { textContent: this.counted ? node.count.toLocaleString() : "" });
      const first = this.columns.slice(0, this.frozen).map((column) => this.sumOf(node, column)).filter(Boolean);
      const sums = first.length ? [Object.assign(make("span", "heading-count"), { textContent: first.join(" · ") })] : [];
      return [fold, name, count, field, ...sums];
    },

    sayHeading(node) {
      const text = new DOMParser().parseFromString(node.label, "text/html").body.textContent;
      return this.words.group.replace("{name}", `${this.levels[node.level].name} ${text}`).replace("{n}", this.counted ? node.count.toLocaleString() : "");
    },

    sumOf(node, column) {
      const at = this.sums?.fields.indexOf(String(column.id)) ?? -1;
      return at < 0 ? "" : this.sums.groups[node.at]?.[at] ?? "";
    },

    /** The figures of the groups have come. */
    showSums(sums) {
      this.sums = sums;
      for (const right of this.body.querySelectorAll(".free > .heading"))
        this.columns.slice(this.frozen).forEach((column, at) => { right.children[at].textContent = this.sumOf(right.node, column); });
      for (const left of this.body.querySelectorAll(".frozen > .heading")) left.firstChild.replaceChildren(...this.labelOf(left.node));
    },

    /* ---- folding ----------------------------------------------------------------------------------------- */

    /** Lay the lines anew from the rows at hand. */
    putLines() {
      this.layout = (this.layout || 0) + 1;
      this.loading?.clear();
      this.chunks.clear();
      this.body.replaceChildren();
      this.fit();
      const from = this.numberOf(this.rowAt(this.place));
      const to = Math.min(this.numberOf(Math.max(0, this.rows - 1)), this.numberOf(this.rowAt(this.place + this.scale.view)));
      for (let number = from; number <= to; number += 1) this.load(number);
      this.render();
    },

    /** Fold or open a group; with `all`, every group of its level. */
    toggle(node, { all = false } = {}) {
      const fold = !this.folds.has(node.path);
      for (const one of all ? this.groups.filter((each) => each.level === node.level) : [node]) {
        if (fold) this.folds.add(one.path); else this.folds.delete(one.path);
      }
      this.refold(node);
    },

    foldAll(fold) {
      this.folds = new Set(fold ? this.groups.map((one) => one.path) : []);
      this.refold(this.groups[0]);
    },

    refold(node) {
      remember(this);
      const before = this.pixelOfNode(node);
      const shift = before - this.place;
      this.layGroups();
      this.putLines();
      const now = this.pixelOfNode(node);
      if (shift < 0) this.goTo(now); // its heading was out of sight
      else if (before !== now) this.goTo(now - shift);
      const line = this.blocks.find((one) => one.node === node)?.line ?? 0;
      if (this.active) { this.active = { row: line, column: this.active.column }; this.anchor = { ...this.active }; this.drawCursor(); }
      this.emit("folded");
    },

    pixelOfNode(node) { return this.blocks.find((one) => one.node === node)?.top ?? 0; },
  };

  /* ---- the heading that stays in sight ------------------------------------------------------------------ */

  function stick(grid) {
    const block = grid.known && grid.place > 0 ? lastUpTo(grid.blocks, "top", grid.place) : null;
    const path = [];
    for (let node = block?.node; node; node = node.parent) path.unshift(node);
    const key = path.map((node) => `${node.path}${grid.folds.has(node.path)}${node.count}`).join();
    grid.stuck.hidden = !path.length;
    if (grid.stuck.key === key && !grid.stuck.hidden) return;
    grid.stuck.key = key;
    grid.stuck.firstChild.replaceChildren(...path.map((node) => {
      const part = make("div", "heading-label");
      part.node = node;
      part.append(...grid.labelOf(node));
      return part;
    }));
  }

  Grid.prototype.startGroups = function startGroups(first) {
    Object.assign(this, GROUPED, { pool: new Map(), folds: remembered(this), counted: false });
    this.table.setAttribute("role", "treegrid");
    this.root.classList.add("is-grouped");
    const opening = JSON.parse(this.root.dataset.path);
    this.setGroups(this.known ? opening : []);
    const rows = first.querySelector(".frozen")?.children.length || 0;
    this.intoPool(first, Array.from({ length: rows }, (_one, at) => at), this.pool);
    this.layGroups();
    this.body.replaceChildren();
    this.adopt(0, this.assemble(0, this.linesOf(0, this.perChunk)));
    this.body.append(this.chunks.get(0));
  };

  /** What keys do on a heading. */
  function onHeading(grid, event) {
    const node = grid.active && !grid.editing && grid.headingOn(grid.active.row);
    if (!node || event.isComposing || event.ctrlKey || event.metaKey) return;
    const folded = grid.folds.has(node.path);
    const acts = ["Enter", " ", "F2"].includes(event.key) || (event.key === "ArrowLeft" && !folded) || (event.key === "ArrowRight" && folded);
    if (!acts) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    grid.toggle(node, { all: event.altKey });
  }

  Grid.parts.push((grid) => {
    if (!grid.levels.length) return;
    grid.stuck = make("div", "grid-stuck");
    grid.stuck.append(make("div", "grid-stuck-bar"));
    grid.stuck.hidden = true;
    grid.head.after(grid.stuck);
    grid.on("view", () => stick(grid));
    grid.on("rows", () => markHeading(grid));
    grid.input.addEventListener("keydown", (event) => onHeading(grid, event), true);
    grid.table.addEventListener("click", (event) => {
      const part = event.target.closest(".heading-label");
      const node = part?.node || part?.parentElement.node;
      if (node && (event.target.closest(".fold") || part.closest(".grid-stuck"))) grid.toggle(node, { all: event.altKey });
      else if (node) { grid.moveTo(grid.blocks.find((one) => one.node === node).line, 0, { reveal: false }); }
    });
    grid.drawCursor = function draw(...given) {
      Object.getPrototypeOf(this).drawCursor.apply(this, given);
      markHeading(this);
    };
  });

  /** A heading under the cursor shows it, and says itself. */
  function markHeading(grid) {
    for (const one of grid.body.querySelectorAll(".heading.is-active")) one.classList.remove("is-active");
    const node = grid.active && grid.headingOn(grid.active.row);
    if (!node) return;
    const found = grid.row(grid.active.row);
    for (const half of [found?.left, found?.right]) half?.classList.add("is-active");
    grid.input.setAttribute("aria-label", grid.sayHeading(node));
  }

  document.addEventListener("rounds:fold-all", ({ detail }) => window.rounds.grid?.foldAll?.(detail.fold));
})();
