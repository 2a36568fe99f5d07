/* Timeline: which days are in sight, what was read of them, and what is written when a bar is moved.
   The address keeps zoom and day. */
(() => {
  const { Days, TimelineScale, TimelineDrawing, TimelineDragging, ZOOMS, numberOf, dayOf, timelineNode: node, timelineSay: say } = window.rounds;
  const phone = matchMedia("(max-width: 768px)");
  const ORDER = Object.keys(ZOOMS);
  const PAPER = 780; // px of the bars on paper
  const MOST_PRINTED = 1000;

  class Timeline {
    constructor(root) {
      this.root = root;
      this.words = root.dataset;
      this.setup = JSON.parse(root.dataset.setup);
      this.days = new Days(this.setup);
      this.days.week = (n) => say(this.words.week, { n });
      this.scroll = root.querySelector(".tl-scroll");
      this.asked = new URLSearchParams(root.dataset.query);
      Object.assign(this, { bars: [], lanes: [], rows: [], byKey: new Map(), place: new Map(), folded: new Set(), loose: [], total: null, asking: 0, active: null });
      this.drawing = new TimelineDrawing(this);
      this.dragging = new TimelineDragging(this);
      this.dates = root.querySelector("#tl-dates");
      this.listen();
      this.measure();
      const zoom = this.asked.get("zoom");
      const day = this.asked.get("date");
      this.open(zoom in ZOOMS ? zoom : this.setup.zoom, numberOf(/^\d{4}-\d\d-\d\d$/.test(day) ? day : this.setup.date));
    }

    listen() {
      const { root, scroll } = this;
      root.addEventListener("click", (event) => this.pressed(event));
      scroll.addEventListener("scroll", () => { this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.scrolled(); }); }, { passive: true });
      scroll.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
      root.addEventListener("keydown", (event) => this.keyed(event));
      root.addEventListener("focusin", (event) => { const key = event.target.dataset?.key; if (key) this.active = key; });
      root.querySelector("[data-dates-form]").addEventListener("submit", (event) => this.giveDates(event));
      root.querySelector("[data-undated-box]").addEventListener("toggle", (event) => { if (event.target.open && !this.loose.length) this.readLoose(); });
    }

    measure() {
      const style = getComputedStyle(this.root);
      this.row = parseFloat(style.getPropertyValue("--tl-row"));
      this.left = parseFloat(style.getPropertyValue("--tl-left"));
    }

    /* ---- going about ------------------------------------------------------------------------------ */

    get sight() { return Math.max(120, this.scroll.clientWidth - this.left); }
    get center() { return this.scale.at(this.scroll.scrollLeft + this.sight / 2); }

    /** Show a zoom with a day in the middle (or at `x` px of what is in sight). */
    open(zoom, center, x = this.sight / 2) {
      this.scale = new TimelineScale(zoom, center, this.days);
      this.layout();
      this.scroll.scrollLeft = this.scale.x(center) - x;
      for (const one of this.root.querySelectorAll("button[data-zoom]")) one.setAttribute("aria-pressed", String(one.dataset.zoom === zoom));
      this.tell();
      this.read();
    }

    go(center) {
      if (center < this.scale.first + 3 || center > this.scale.last - 3) this.open(this.scale.zoom, center);
      else this.scroll.scrollTo({ left: this.scale.x(center) - this.sight / 2, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }

    zoom(way, x) {
      const zoom = ORDER[ORDER.indexOf(this.scale.zoom) + way];
      if (zoom) this.open(zoom, this.scale.at(this.scroll.scrollLeft + (x ?? this.sight / 2)), x);
    }

    /** The days kept ready follow what is in sight; a row in sight stays where it is. */
    scrolled() {
      this.drawing.rows();
      this.tell();
      const { scrollLeft } = this.scroll;
      if (this.dragging.now || (scrollLeft > this.sight * 0.5 && scrollLeft < this.scale.width - this.sight * 1.5)) return;
      if (this.scale.width > this.sight * 3) this.open(this.scale.zoom, this.center);
    }

    tell() {
      const [from, to] = [this.scroll.scrollLeft, this.scroll.scrollLeft + this.sight].map((x) => dayOf(this.scale.at(x)));
      const format = this.scale.px < 4 ? { year: "numeric", month: "short" } : { month: "short", day: "numeric" };
      const written = (day) => this.days.written(day, { ...this.days.year(day), ...format });
      this.root.querySelector(".tl-title").textContent = `${written(from)} – ${written(to)}`;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.remember(), 300);
    }

    remember() {
      const url = new URL(location.href);
      if (!this.root.isConnected || url.pathname !== `/v/${this.setup.view}`) return; // a record stands in the address
      url.searchParams.set("zoom", this.scale.zoom);
      url.searchParams.set("date", dayOf(this.center));
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }

    pressed(event) {
      const { target } = event;
      const zoom = target.closest("button[data-zoom]");
      const lane = target.closest("button[data-lane]");
      const go = target.closest("button[data-go]");
      const bar = go && this.byKey.get(go.dataset.go);
      const asks = target.closest("[data-ask-dates]");
      if (zoom) this.open(zoom.dataset.zoom, this.center);
      else if (target.closest(".tl-prev")) this.go(this.center - (this.sight / this.scale.px) * 0.8);
      else if (target.closest(".tl-next")) this.go(this.center + (this.sight / this.scale.px) * 0.8);
      else if (go?.dataset.go === "today") this.go(numberOf(this.days.today));
      else if (bar) this.go((bar.from + bar.to) / 2);
      else if (lane) this.fold(lane.dataset.lane);
      else if (asks) this.askDates(this.looseBar(asks.dataset.askDates));
      else if (target.closest("[data-more-loose]")) this.readLoose();
      else if (target.matches("[data-nearest-link]")) { event.preventDefault(); this.open(this.scale.zoom, numberOf(target.dataset.day)); }
      else this.follow(event);
    }

    /** A bar opens its record beside the view. */
    follow(event) {
      const link = event.target.closest(".tl-bar");
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      window.rounds.openRecord(link.href);
    }

    wheeled(event) {
      if (!event.ctrlKey) return;
      event.preventDefault();
      if (performance.now() - (this.turned || 0) < 180) return;
      this.turned = performance.now();
      const x = event.clientX - this.scroll.getBoundingClientRect().left - this.left;
      this.zoom(event.deltaY > 0 ? 1 : -1, Math.max(0, x));
    }

    keyed(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog, .popup")) return;
      const run = { "+": () => this.zoom(-1), "=": () => this.zoom(-1), "-": () => this.zoom(1), t: () => this.go(numberOf(this.days.today)) }[event.key];
      if (run) { event.preventDefault(); run(); }
    }

    /** Up and down from bar to bar. */
    step(key, way) {
      for (let at = this.rows.findIndex((row) => row.key === key) + way; this.rows[at]; at += way) {
        if (!this.rows[at].bar) continue;
        this.active = this.rows[at].key;
        const top = at * this.row;
        if (top < this.scroll.scrollTop || top > this.scroll.scrollTop + this.scroll.clientHeight - this.row * 3) this.scroll.scrollTop = top - this.scroll.clientHeight / 2;
        this.drawing.rows();
        this.go((this.rows[at].bar.from + this.rows[at].bar.to) / 2);
        this.drawing.drawn.get(this.active)?.[1].focus({ preventScroll: true });
        return;
      }
    }

    announce(text) { this.root.querySelector(".tl-said").textContent = text; }

    /* ---- reading ----------------------------------------------------------------------------------- */

    async ask(what, more) {
      const url = new URL(`/v/${this.setup.view}/data/${what}`, location.origin);
      for (const name of ["filter", "saved", "sort", "q", "colors"]) if (this.asked.get(name)) url.searchParams.set(name, this.asked.get(name));
      for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
      const { ok, status, data } = await window.rounds.fetch(url);
      if (!ok && data?.error && [409, 422].includes(status)) window.rounds.toast({ text: data.error, kind: "attention" });
      return ok ? data : null;
    }

    async read() {
      const mine = ++this.asking;
      this.scroll.setAttribute("aria-busy", "true");
      const asked = { start: dayOf(this.scale.first), end: dayOf(this.scale.last) };
      if (this.total === null) asked.total = 1;
      const data = await this.ask("bars", asked);
      if (mine !== this.asking) return;
      if (this.dragging.now || this.writes) { setTimeout(() => mine === this.asking && this.read(), 300); return; } // not beneath a hand
      this.scroll.removeAttribute("aria-busy");
      if (!data) return;
      Object.assign(this.drawing.marks, data.marks);
      this.lanes = data.lanes;
      this.bars = data.bars.map((one) => this.bar(one));
      if ("total" in data) Object.assign(this, { total: data.total, shown: data.shown, undated: data.undated });
      this.say(data);
      this.arrange();
      this.layout();
    }

    refresh() {
      this.total = null;
      this.loose = [];
      this.root.querySelector("[data-loose]").replaceChildren();
      if (this.root.querySelector("[data-undated-box]").open) this.readLoose();
      this.read();
    }

    /** A record as it is drawn; a last day is meant inclusively. */
    bar([id, rev, title, start, end, color, lanes, moves, share, after]) {
      const whole = this.setup.wholeDays ? 1 : 0;
      const dates = [start, end].filter(Boolean).map(numberOf).sort((a, b) => a - b);
      const from = dates[0];
      const point = dates.length < 2 && (this.setup.end !== null || !whole || dates.length === 1);
      return { id, rev, title, start, end, color, lanes, moves, share, after, from, to: dates.at(-1) + whole, point };
    }

    say({ cut, nearest }) {
      const { root, words } = this;
      const note = root.querySelector("[data-cut]");
      note.hidden = !cut;
      note.textContent = cut || "";
      const [shown, total] = [this.shown, this.total].map((one) => this.days.number(one));
      root.querySelector("[data-scope-line]").textContent = say(words.scope, { shown, total });
      const link = root.querySelector("[data-nearest-link]");
      link.hidden = !nearest;
      if (nearest) { link.dataset.day = nearest; link.textContent = say(words.nearest, { day: this.days.name(nearest) }); }
      root.querySelector("[data-undated-box]").hidden = !this.undated;
      root.querySelector("[data-undated-said]").textContent = say(words.undated, { n: this.days.number(this.undated) });
    }

    /* ---- rows ---------------------------------------------------------------------------------------- */

    arrange() {
      if (!this.setup.sorted) this.bars.sort((a, b) => a.from - b.from || a.to - b.to || a.id - b.id);
      this.rows = this.setup.lanes ? this.lanes.flatMap((lane) => this.inLane(lane)) : this.bars.map((bar) => ({ key: `:${bar.id}`, bar }));
      this.byKey = new Map(this.rows.filter((row) => row.bar).map((row) => [row.key, row.bar]));
      this.place = new Map(this.rows.map((row, at) => [row.bar?.id, at]).reverse());
      if (!this.byKey.has(this.active)) this.active = this.byKey.keys().next().value ?? null;
    }

    inLane(lane) {
      const inside = this.bars.filter((bar) => bar.lanes.includes(lane[0]));
      const folded = this.folded.has(String(lane[0]));
      const head = { key: `lane:${lane[0]}`, lane, count: inside.length, folded };
      return [head, ...(folded ? [] : inside.map((bar) => ({ key: `${lane[0]}:${bar.id}`, bar })))];
    }

    fold(lane) {
      if (!this.folded.delete(lane)) this.folded.add(lane);
      this.arrange();
      this.layout();
      this.root.querySelector(`[data-lane="${CSS.escape(lane)}"]`)?.focus({ preventScroll: true });
    }

    layout() {
      const canvas = this.root.querySelector(".tl-canvas");
      const body = this.root.querySelector(".tl-body");
      canvas.style.width = `${this.left + this.scale.width}px`;
      body.style.height = `${Math.max(this.rows.length * this.row, this.scroll.clientHeight - 60)}px`;
      this.drawing.scale();
      this.drawing.rows({ anew: true });
    }

    href(bar) { return `/r/${this.setup.table}/${bar.id}`; }

    /** When a bar is, in words: 11-03 – 11-20 · 18 days. */
    said({ from, to, point }) {
      const whole = this.setup.wholeDays;
      const clock = whole ? {} : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      const written = (number) => {
        const moment = new Date(Math.round(number * 1440) * 60000);
        return moment.toLocaleString(this.days.locale, { timeZone: "UTC", ...this.days.year(dayOf(number)), month: "short", day: "numeric", weekday: "short", ...clock });
      };
      const last = whole ? to - 1 : to;
      if (point || last === from) return written(from);
      const length = whole ? ` · ${say(this.words.days, { n: to - from })}` : "";
      return `${written(from)} – ${written(last)}${length}`;
    }

    /* ---- without dates ------------------------------------------------------------------------------- */

    async readLoose() {
      const mine = this.reading = (this.reading || 0) + 1;
      const data = await this.ask("undated", { from: this.loose.length });
      if (!data || mine !== this.reading) return; // the last asked knows all
      const found = data.bars.map((one) => this.bar(one));
      this.loose.push(...found);
      this.root.querySelector("[data-more-loose]").hidden = !data.more;
      this.root.querySelector("[data-loose]").append(...found.map((bar) => this.looseNode(bar)));
    }

    looseNode(bar) {
      const line = node("li", bar.moves ? "is-movable" : "");
      line.dataset.looseRecord = bar.id;
      const link = node("a", "truncate", bar.title);
      link.href = this.href(bar);
      link.draggable = false;
      link.dataset.record = bar.id;
      line.append(link);
      if (bar.moves) {
        const button = node("button", "btn btn-sm btn-quiet", this.words.set);
        button.type = "button";
        button.dataset.askDates = bar.id;
        button.setAttribute("aria-label", `${this.words.set}: ${bar.title}`);
        line.append(button);
      }
      return line;
    }

    looseBar(id) { return this.loose.find((one) => one.id === Number(id)); }

    askDates(bar) {
      if (!bar?.moves) { this.announce(this.words.fixed); return; }
      this.asking4 = bar;
      const form = this.dates.querySelector("form");
      const cut = this.setup.wholeDays ? 10 : 16;
      form.querySelector("h2").textContent = `${this.words.set}: ${bar.title}`;
      form.querySelector("[data-error]").hidden = true;
      form.elements.from.value = (bar.start || (bar.end ? "" : this.setup.date)).slice(0, cut);
      if (form.elements.to) form.elements.to.value = (bar.end || "").slice(0, cut);
      this.dates.showModal();
    }

    async giveDates(event) {
      event.preventDefault();
      const { from, to } = event.target.elements;
      const error = event.target.querySelector("[data-error]");
      const values = { [this.setup.start]: from.value.replace("T", " ") || null };
      if (to) values[this.setup.end] = to.value.replace("T", " ") || null;
      const answer = await this.send(this.asking4, values);
      error.hidden = answer.ok || !answer.data?.error;
      error.textContent = answer.data?.error || "";
      if (answer.ok) { this.dates.close(); this.written(answer, from.value || to?.value || ""); }
      if (answer.ok || answer.status === 409) this.refresh();
    }

    /* ---- writing --------------------------------------------------------------------------------------- */

    /** The dates as their fields keep them: only those that the bar has, or gets. */
    valuesOf(bar, { from, to, point }) {
      const { start, end, wholeDays } = this.setup;
      const stored = (number) => (wholeDays ? dayOf(number) : new Date(Math.round(number * 1440) * 60000).toISOString().slice(0, 16).replace("T", " "));
      if (point) return bar.start || !bar.end ? { [start]: stored(from) } : { [end]: stored(from) };
      return { [start]: stored(from), [end]: stored(wholeDays ? to - 1 : to) };
    }

    send(bar, values) { return window.rounds.write(this.href(bar), values, bar.rev); }

    /** What was moved stays where it was put; refused, it goes back and the reason is said. Until the last
        answer has come nothing else takes its place. */
    async write(bar, { from, to, point }) {
      const values = this.valuesOf(bar, { from, to, point });
      bar.stored ||= { from: bar.from, to: bar.to };
      Object.assign(bar, { from, to });
      this.writes = (this.writes || 0) + 1;
      bar.writes = (bar.writes || 0) + 1;
      const answer = await this.send(bar, values);
      this.writes -= 1;
      bar.writes -= 1;
      if (answer.ok) { Object.assign(bar.stored, { from, to }); this.known(answer.data); this.written(answer, this.said({ from, to, point })); }
      else if ([409, 422].includes(answer.status)) window.rounds.toast({ text: answer.data?.error || this.words.refused, kind: "attention" });
      if (!bar.writes) {
        Object.assign(bar, bar.stored, { stored: null });
        if (!answer.ok && !this.dragging.now) this.drawing.rows({ anew: true });
      }
      if (answer.status) current?.refresh(); // of the view as it is by now
    }

    /** Who moves it again at once does so from what stands now. */
    known({ id, rev }) {
      for (const bar of this.bars) if (bar.id === id && rev) bar.rev = rev;
    }

    written({ data }, when) {
      if (data.change) window.rounds.undoToast(say(this.words.moved, { when }), this.words, data.change, { table: this.setup.table });
    }

    /* ---- on paper ---------------------------------------------------------------------------------------- */

    /** Paper shows the days in sight and all rows. */
    print() {
      this.kept = { scale: this.scale, left: this.scroll.scrollLeft, rows: this.rows };
      const length = Math.max(7, Math.round(this.sight / this.scale.px));
      const center = this.center;
      this.scale = new TimelineScale(this.scale.zoom, center, this.days, { px: PAPER / length, length });
      this.root.classList.add("is-paper");
      this.kept.theme = document.documentElement.dataset.bsTheme;
      document.documentElement.dataset.bsTheme = "light"; // paper is
      const touches = ({ bar }) => !bar || (bar.to > this.scale.first && bar.from < this.scale.last);
      this.rows = this.rows.filter(touches).slice(0, MOST_PRINTED);
      this.measure();
      this.layout();
      this.drawing.rows({ anew: true, all: true });
    }

    printed() {
      const { left } = this.kept;
      Object.assign(this, { scale: this.kept.scale, rows: this.kept.rows });
      this.root.classList.remove("is-paper");
      document.documentElement.dataset.bsTheme = this.kept.theme;
      this.kept = null;
      this.measure();
      this.layout();
      this.scroll.scrollLeft = left;
    }

    resize() {
      const center = this.center;
      this.measure();
      this.layout();
      this.scroll.scrollLeft = this.scale.x(center) - this.sight / 2;
    }
  }

  /* ---- one at a time: the toolbar swaps the view when it is filtered anew ------------------------------ */

  let current = null;

  function mount() {
    const root = document.getElementById("timeline");
    if (current?.root === root) return;
    current = root ? new Timeline(root) : null;
  }

  mount();
  document.addEventListener("htmx:after:settle", mount);
  phone.addEventListener("change", () => current?.resize());
  addEventListener("beforeprint", () => current?.print());
  addEventListener("afterprint", () => current?.printed());
  for (const what of ["saved", "created", "gone", "restored", "news"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      if (!current || String(detail.table) !== String(current.setup.table)) return;
      current.known(detail);
      current.refresh();
    });
})();
