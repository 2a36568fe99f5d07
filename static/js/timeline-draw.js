/* What a timeline draws: the scale, days off, the rows in sight, arrows. A record is
   {id, rev, title, from, to, start, end, color, lanes, moves, share, after}; from and to are numbers of days. */
(() => {
  const { numberOf, dayOf } = window.rounds;
  const SVG = "http://www.w3.org/2000/svg";
  const SPARE = 8; // rows drawn beyond those in sight
  const HANDLES = 26; // px a bar must be wide to have handles

  function node(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  class Drawing {
    constructor(view) {
      this.view = view;
      this.words = view.words;
      this.ticks = view.root.querySelector(".tl-ticks");
      this.back = view.root.querySelector(".tl-back");
      this.names = view.root.querySelector(".tl-names");
      this.bars = view.root.querySelector(".tl-bars");
      this.marks = {};
      this.drawn = new Map(); // key → [name, bar]
    }

    /* ---- the scale and its days -------------------------------------------------------------- */

    scale() {
      const { scale } = this.view;
      const line = (unit, name) => scale.ticks(unit).map(([begin, end, label]) => {
        const [from, to] = this.within(begin, end);
        const tick = node("div", `tl-tick ${name}`);
        tick.style.left = `${scale.x(from)}px`;
        tick.style.width = `${(to - from) * scale.px}px`;
        tick.append(node("span", "tl-tick-label", label));
        const mark = name === "is-low" && to - from === 1 && this.marks[dayOf(from)];
        if (mark) { tick.classList.add(`is-${mark[0]}`); tick.title = mark[1]; }
        if (this.view.days.today === dayOf(from) && to - from === 1) tick.classList.add("is-today");
        return tick;
      });
      this.ticks.replaceChildren(...line(scale.high, "is-high"), ...line(scale.low, "is-low"));
      this.ticks.style.width = `${scale.width}px`;
      this.back.replaceChildren(...this.offDays(), ...this.lines(), this.today());
    }

    /** Nothing reaches over the edge of paper: browsers shrink the page until all of it fits. */
    within(from, to) {
      const { scale, kept } = this.view;
      return kept ? [Math.max(from, scale.first), Math.min(to, scale.last)] : [from, to];
    }

    /** Weekends and days off as stripes, where a day is wide enough to be seen. */
    offDays() {
      const { scale } = this.view;
      if (scale.px < 4) return [];
      const found = [];
      for (let day = scale.first; day < scale.last; day += 1) {
        const mark = this.marks[dayOf(day)]?.[0];
        const weekend = (day + 4) % 7 === 0 || (day + 4) % 7 === 6; // day 0 was a Thursday
        if (mark !== "off" && (!weekend || mark === "work")) continue;
        const stripe = node("div", mark === "off" ? "tl-off is-holiday" : "tl-off");
        stripe.style.left = `${scale.x(day)}px`;
        stripe.style.width = `${scale.px}px`;
        found.push(stripe);
      }
      return found;
    }

    lines() {
      const { scale } = this.view;
      return scale.ticks(scale.high).map(([from]) => {
        const line = node("div", "tl-line");
        line.style.left = `${scale.x(from)}px`;
        return line;
      });
    }

    today() {
      const line = node("div", "tl-today");
      line.style.left = `${this.view.scale.x(numberOf(this.view.days.now()))}px`;
      return line;
    }

    /* ---- rows ------------------------------------------------------------------------------------ */

    /** Draw the rows in sight; those that stay keep their nodes, and so the focus. */
    rows({ anew = false, all = false } = {}) {
      const { rows, row: height, scroll } = this.view;
      const top = Math.max(0, Math.floor(scroll.scrollTop / height) - SPARE);
      const end = Math.ceil((scroll.scrollTop + scroll.clientHeight) / height) + SPARE;
      const active = anew && [this.bars, this.names].some((one) => one.contains(document.activeElement)) ? document.activeElement.dataset : {};
      const held = active.lane === undefined ? active.key : `lane:${active.lane}`;
      const wanted = new Map();
      for (let at = all ? 0 : top; at < Math.min(rows.length, all ? rows.length : end); at += 1) wanted.set(rows[at].key, at);
      for (const [key, nodes] of this.drawn)
        if (anew || !wanted.has(key)) {
          if (!anew && nodes.some((one) => one.contains(document.activeElement))) continue;
          nodes.forEach((one) => one.remove());
          this.drawn.delete(key);
        }
      for (const [key, at] of wanted) {
        if (!this.drawn.has(key)) this.drawn.set(key, this.add(rows[at]));
        for (const one of this.drawn.get(key)) one.style.top = `${at * height}px`;
      }
      const [name, bar] = this.drawn.get(held) || [];
      (active.lane === undefined ? bar : name?.querySelector("button"))?.focus({ preventScroll: true });
      this.arrows(all ? 0 : top, all ? rows.length : end);
      this.guides();
    }

    add(row) {
      const nodes = row.lane ? this.laneNodes(row) : this.barNodes(row);
      this.names.append(nodes[0]);
      this.bars.append(nodes[1]);
      return nodes;
    }

    laneNodes({ lane, count, folded }) {
      const [key, label, color] = lane;
      const button = node("button", "tl-lane");
      button.type = "button";
      button.dataset.lane = key;
      button.setAttribute("aria-expanded", String(!folded));
      button.append(node("span", "tl-fold"));
      button.append(color ? node("span", `tag tag-${color}`, label) : node("span", "tl-lane-name truncate", label));
      button.append(node("span", "muted", this.view.days.number(count)));
      const name = node("div", "tl-name is-lane");
      name.append(button);
      return [name, node("div", "tl-stripe")];
    }

    barNodes(row) {
      const { bar } = row;
      const name = node("div", "tl-name");
      const link = node("a", "tl-title truncate", bar.title);
      link.href = this.view.href(bar);
      link.title = bar.title;
      link.dataset.record = bar.id; // opens in the panel
      link.tabIndex = -1;
      const go = node("button", "tl-go");
      go.type = "button";
      go.hidden = true;
      go.dataset.go = row.key;
      go.tabIndex = -1;
      go.setAttribute("aria-label", say(this.words.go, { when: this.view.said(bar) }));
      name.append(link, go);
      return [name, this.barNode(row)];
    }

    barNode({ key, bar }) {
      const made = node("a", `tl-bar tag-${bar.color || "teal"}`);
      made.href = this.view.href(bar);
      made.draggable = false;
      made.dataset.key = key;
      made.tabIndex = key === this.view.active ? 0 : -1;
      made.append(node("span", "tl-fill"), node("span", "tl-label", bar.title));
      if (bar.moves) made.classList.add("is-movable");
      for (const edge of ["start", "end"]) made.append(Object.assign(node("span", `tl-edge is-${edge}`), { ariaHidden: "true" }));
      this.place(made, bar);
      return made;
    }

    /** Put a bar where its dates are; also while it is dragged. */
    place(made, { from, to, title, share, point }, bar = null) {
      const { scale } = this.view;
      const [first, last] = point ? [from, to] : this.within(from, to);
      const wide = (last - first) * scale.px;
      made.classList.toggle("is-point", point);
      made.classList.toggle("has-edges", !point && wide >= HANDLES && this.view.setup.end !== null);
      made.style.left = `${scale.x(point ? (from + to) / 2 : first)}px`;
      made.style.width = point ? "" : `${Math.max(3, wide)}px`;
      if (bar) return;
      const done = from + (to - from) * (share / 100) - first; // days of it that are in sight
      made.querySelector(".tl-fill").style.width = share === null ? "0" : `${Math.max(0, Math.min(100, (100 * done) / (last - first || 1)))}%`;
      const parts = [title, this.view.said({ from, to, point }), share === null ? "" : say(this.words.done, { n: Math.round(share) })];
      made.title = parts.filter(Boolean).join(" · ");
      made.setAttribute("aria-label", made.title);
    }

    /** In rows whose bar lies outside what is in sight, the way to it. */
    guides() {
      const { scale, scroll, left } = this.view;
      const [low, high] = [scale.at(scroll.scrollLeft), scale.at(scroll.scrollLeft + scroll.clientWidth - left)];
      const byKey = this.view.byKey;
      for (const [key, [name]] of this.drawn) {
        const go = name.querySelector(".tl-go");
        const bar = byKey.get(key);
        if (!go || !bar) continue;
        const side = bar.to <= low ? "‹" : bar.from >= high ? "›" : "";
        go.hidden = !side;
        if (go.textContent !== side) go.textContent = side;
      }
    }

    /* ---- arrows ------------------------------------------------------------------------------------- */

    /** From the end of what comes before to the start of a bar, where one of them is in sight. */
    arrows(top, end) {
      this.bars.querySelector("svg")?.remove();
      const { view } = this;
      if (!view.setup.arrows) return;
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("class", "tl-arrows");
      svg.setAttribute("aria-hidden", "true");
      for (const [at, { bar }] of view.rows.entries())
        for (const before of bar?.after || []) {
          const other = view.place.get(before);
          if (other === undefined || (Math.max(at, other) < top || Math.min(at, other) > end)) continue;
          svg.append(this.arrow(view.rows[other].bar, other, bar, at));
        }
      this.bars.prepend(svg);
    }

    arrow(before, from, after, to) {
      const { scale, row } = this.view;
      const [x1, x2] = [scale.x(before.to), scale.x(after.from)];
      const [y1, y2] = [(from + 0.5) * row, (to + 0.5) * row];
      const path = document.createElementNS(SVG, "path");
      const bend = Math.max(x1 + 8, Math.min(x2 - 8, x1 + 8));
      path.setAttribute("d", `M${x1} ${y1}H${bend}V${y2}H${x2 - 2}m-5 -4l5 4l-5 4`);
      if (x2 < x1) path.setAttribute("class", "is-late");
      return path;
    }
  }

  Object.assign(window.rounds, { TimelineDrawing: Drawing, timelineNode: node, timelineSay: say });
})();
