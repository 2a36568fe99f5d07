/* Calendar: FullCalendar for month, week and day, lists and a phone's month of our own.
   The address keeps mode, day and chosen colours. */
(() => {
  const { Days, CalendarDrawing, CalendarHands, CalendarKeys, CalendarMonth, say, node, sumOf } = window.rounds;
  const phone = matchMedia("(max-width: 768px)");
  const byId = (id) => document.getElementById(id);
  const MODES = ["month", "week", "day", "list"];
  const LENGTHS = { week: 7, list: 7, day: 1 };

  class CalendarView {
    constructor(root) {
      this.root = root;
      this.words = root.dataset;
      this.setup = JSON.parse(root.dataset.setup);
      this.days = new Days(this.setup);
      this.drawing = new CalendarDrawing(root, this.setup, this.days);
      this.months = new CalendarMonth(this.drawing, this.days);
      this.hands = new CalendarHands(this);
      this.keys = new CalendarKeys(this);
      this.wideGrids = this.setup.wholeDays
        ? { month: "dayGridMonth", week: "dayGridWeek" }
        : { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay" };
      this.asked = new URLSearchParams(root.dataset.query);
      this.chosen = new Set((this.asked.get("only") || "").split(",").filter(Boolean));
      this.total = null;
      this.first = JSON.parse(root.dataset.first || "null"); // the month that came with the page
      root.removeAttribute("data-first");
      this.library = null; // started only when a grid is asked for: a phone does without it
      this.listing = this.loading = 0; // the newest question: earlier answers come too late
      root.addEventListener("click", (event) => this.pressed(event));
      const mode = this.asked.get("mode");
      const day = this.asked.get("date");
      this.show(MODES.includes(mode) ? mode : "month", /^\d{4}-\d\d-\d\d$/.test(day) ? day : this.setup.date);
    }

    destroy() {
      this.hands.destroy();
      this.library?.destroy();
    }

    /** The library's name for a mode; none for what is drawn here. */
    grid = (mode) => (phone.matches ? null : this.wideGrids[mode]);

    /* ---- going about ---------------------------------------------------------------------- */

    /** Show a mode at a day; a grid that is there stays until the answer has come. */
    show(mode, day) {
      const same = this.mode === mode && this.library?.view.type === this.grid(mode);
      const quiet = this.mode === mode && Days.month(day, 0) === Days.month(this.day || day, 0);
      Object.assign(this, { mode, day });
      this.root.dataset.mode = mode;
      this.root.querySelector(".cal-title").textContent = this.days.title(mode, day);
      for (const button of this.root.querySelectorAll("button[data-mode]"))
        button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      const grid = this.grid(mode);
      byId("cal-body").hidden = !grid;
      byId("cal-list").hidden = Boolean(grid);
      this.remember();
      this.listing += 1;
      if (!grid) {
        if (!(quiet && mode === "month")) this.clear();
        this.list();
      } else if (!this.library) this.start();
      else if (same) this.library.gotoDate(day);
      else this.library.changeView(grid, day);
    }

    remember() {
      const url = new URL(location.href);
      if (url.pathname !== `/v/${this.setup.view}`) return; // a record stands in the address
      const kept = { mode: this.mode, date: this.day, only: [...this.chosen].join(",") };
      for (const [name, value] of Object.entries(kept))
        if (value) url.searchParams.set(name, value);
        else url.searchParams.delete(name);
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }

    /** Ask anew, the view as it is by now. */
    refresh() {
      if (!current) return;
      if (!current.grid(current.mode)) current.list();
      else current.library.refetchEvents();
    }

    /** The day to go to, one page earlier (-1) or later (1). */
    beside(way, day = this.day) {
      if (this.mode === "month") return Days.month(day, way);
      return Days.plus(day, way * LENGTHS[this.mode]);
    }

    pressed(event) {
      const { target } = event;
      const chip = target.closest("button[data-option]");
      const mode = target.closest("button[data-mode]");
      const day = target.closest("button[data-day]");
      const row = this.drawing.rows.get(target.closest(".cal-line"));
      if (row && !event.ctrlKey && !event.metaKey && this.hands.seriesMenu(event, row)) { event.preventDefault(); event.stopPropagation(); return; }
      if (target.closest(".cal-prev")) this.show(this.mode, this.beside(-1));
      else if (target.closest(".cal-next")) this.show(this.mode, this.beside(1));
      else if (target.closest("[data-go=today]")) this.show(this.mode, this.days.today);
      else if (mode) this.show(mode.dataset.mode, this.day);
      else if (chip) this.choose(chip.dataset.option);
      else if (day) this.choosesDay(day.dataset.day);
      else if (target.closest(".cal-file-day")) this.hands.file(event, { start: new Date(this.day), end: null, allDay: true });
      else if (target.id === "cal-nearest") { event.preventDefault(); this.show(this.mode, target.dataset.day); }
    }

    choosesDay(day) {
      this.show(this.mode, day);
      this.focusDay = day;
    }

    choose(chip) {
      if (!this.chosen.delete(chip)) this.chosen.add(chip);
      this.remember();
      this.refresh();
    }

    /* ---- reading -------------------------------------------------------------------------- */

    /** The answer for the days from start to end (the day after the last); null after a refusal. */
    async read(what, start, end, { fold = 0 } = {}) {
      const url = new URL(`/v/${this.setup.view}/data/${what}`, location.origin);
      const set = (name, value) => value && url.searchParams.set(name, value);
      for (const [name, value] of this.asked) if (["filter", "saved", "q"].includes(name) || name.startsWith("colors")) url.searchParams.set(name, value);
      set("start", start);
      set("end", end);
      set("only", [...this.chosen].join(","));
      set("fold", fold && String(fold));
      if (this.total === null) set("total", "1");
      const { ok, data } = await window.rounds.fetch(url);
      if (!ok) {
        if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        return null;
      }
      return data;
    }

    heard(data, quiet = false) {
      this.total = data.total ?? this.total;
      if (!quiet) { this.last = data; this.tell(data); }
      return data;
    }

    /** What the library asks for. */
    load = (info, done, failed) => {
      const [start, end] = [info.startStr.slice(0, 10), info.endStr.slice(0, 10)];
      const { first } = this;
      this.first = null;
      const fold = this.mode === "month" ? this.room() : 0;
      if (first?.start === start && first.end === end && first.fold >= fold) {
        this.fill(this.heard(first), done);
        this.read("days", start, Days.plus(start, 1)).then((data) => data && this.heard(data, true) && this.last === first && this.tell(first));
        return;
      }
      const mine = ++this.loading;
      this.read("events", start, end, { fold }).then(async (data) => {
        await this.hands.free(); // not beneath a hand, nor in the place of what is being written
        if (mine !== this.loading) return;
        if (data) this.fill(this.heard(data, !this.grid(this.mode)), done);
        else failed(new Error("refused"));
      });
    };

    /** How many records a day of a month has room for: the rest of a busy one is only counted. */
    room = () => Math.max(6, Math.ceil(this.root.querySelector(".cal-body").clientHeight / 5 / 24));

    fill(data, done) {
      byId("cal-body")?.removeAttribute("aria-busy");
      if (this.drawing.mark(data.marks) && this.library) {
        this.library.setOption("dayCellTopContent", (cell) => this.drawing.dayTop(cell));
        this.library.setOption("dayHeaderContent", (head) => this.drawing.dayHead(head));
      }
      this.drawing.rest = data.rest || {};
      const rests = Object.entries(this.drawing.rest).map(this.drawing.folded);
      done(data.days ? Object.entries(data.days).map(this.drawing.count) : [...data.events.map(this.drawing.record), ...rests]);
      requestAnimationFrame(() => {
        this.keys.drawn();
        this.root.querySelectorAll(".cal-more-number").forEach((one) => this.drawing.tellMore(one)); // as many of another rest
      });
    }

    /** Another day's records must not stand beneath this day's title. */
    clear() {
      byId("cal-list").replaceChildren(...Array.from({ length: 6 }, () => node("div", "skeleton cal-skeleton")));
    }

    /** Days one after the other; on a phone's month the chosen one beneath the dots. */
    async list() {
      const mine = ++this.listing;
      const month = this.mode === "month";
      const first = this.mode === "week" ? Days.monday(this.day) : this.day;
      const length = month ? 1 : LENGTHS[this.mode];
      const asked = [this.read("events", first, Days.plus(first, length))];
      if (month) asked.unshift(this.read("days", ...this.months.span(this.day)));
      const answers = await Promise.all(asked);
      if (answers.includes(null) || mine !== this.listing) return;
      answers.forEach((one, place) => { this.heard(one, place > 0); this.drawing.mark(one.marks); });
      const data = answers.at(-1);
      const parts = this.drawing.list(data, first, length);
      const empty = node("p", "cal-none", this.words.none);
      byId("cal-list").replaceChildren(
        ...(month ? [this.months.dots(answers[0], this.day)] : []),
        ...(parts.length ? parts : length === 1 ? [this.drawing.dayPart(this.day, []), empty] : [empty]),
      );
      if (length === 1) byId("cal-list").querySelector(".cal-list-day")?.append(...this.fileButton());
      if (this.focusDay) this.root.querySelector(`button[data-day="${this.focusDay}"]`)?.focus({ preventScroll: true });
      this.focusDay = null;
      this.keys.drawn();
    }

    fileButton() {
      if (!Object.values(this.setup.layers).some((one) => one.create)) return [];
      const button = node("button", "btn btn-sm cal-file-day", this.words.fileDay);
      button.type = "button";
      return [button];
    }

    /* ---- legend, scope, empty spans --------------------------------------------------------- */

    tell(data) {
      const parts = new Map();
      const add = (chip, count) => parts.set(chip, (parts.get(chip) || 0) + count);
      data.events?.forEach((one) => add(this.drawing.chip(one[9], one[6]), 1));
      Object.entries(data.chips || {}).forEach(([chip, count]) => add(chip, count));
      Object.values(data.days || {}).forEach((day) => Object.entries(day).forEach(([chip, count]) => add(chip, count)));
      this.tellLegend(parts);
      const records = new Set(data.events?.map((one) => `${this.setup.layers[one[9]]?.table}:${one[0]}`));
      const shown = data.days ? sumOf(Object.fromEntries(parts)) : records.size + sumOf(data.chips || {});
      const { number } = this.days;
      const known = this.total !== null; // it follows the first month
      byId("cal-scope").textContent = known ? say(this.words.scope, { shown: number(shown), total: number(Math.max(shown, this.total)) }) : "";
      const cut = byId("cal-cut");
      cut.hidden = !data.series;
      cut.textContent = data.series ? say(this.words.cut, { n: number(data.series) }) : "";
      const link = byId("cal-nearest");
      link.hidden = !data.nearest;
      link.dataset.day = data.nearest || "";
      link.textContent = data.nearest ? say(this.words.nearest, { day: data.nearest }) : "";
    }

    /** Counts in the chips; while some are chosen the others keep theirs, since they are not asked for. */
    tellLegend(parts) {
      for (const [option, chip] of this.drawing.chips) {
        const count = parts.get(option) || 0;
        chip.setAttribute("aria-pressed", String(this.chosen.has(option)));
        if (this.chosen.size && !this.chosen.has(option)) continue;
        chip.querySelector("[data-option-count]").textContent = count ? this.days.number(count) : "";
        chip.hidden = !count && !this.chosen.has(option);
      }
      for (const head of this.root.querySelectorAll(".cal-legend-head")) {
        let chip = head.nextElementSibling;
        while (chip?.hidden) chip = chip.nextElementSibling;
        head.hidden = !chip?.matches("[data-option]");
      }
    }

    /* ---- on paper ------------------------------------------------------------------------------ */

    paper() {
      const box = byId("cal-print");
      if (!this.last || phone.matches) return;
      const first = this.mode === "week" ? Days.monday(this.day) : this.day;
      const head = node("h2", "cal-paper-title", this.days.title(this.mode, this.day));
      const data = { events: [], ...this.last };
      const parts = this.mode === "month" ? [this.months.paper(data, this.day)] : this.drawing.list(data, first, LENGTHS[this.mode]);
      box.replaceChildren(head, ...parts);
    }

    /* ---- opening ------------------------------------------------------------------------------- */

    open = (info) => {
      const { day, row, series } = info.event.extendedProps;
      const { ctrlKey, metaKey } = info.jsEvent;
      if (!day && (ctrlKey || metaKey || phone.matches)) return; // the link goes by itself
      info.jsEvent.preventDefault();
      if (day) this.show("day", day);
      else if (series && this.hands.seriesMenu(info.jsEvent, row)) return;
      else window.rounds.openRecord(info.event.url);
    };

    /** What does not fit: the day has room for it; a day itself shows it beside. */
    more = (info) => {
      if (this.mode === "day") return "popover";
      info.jsEvent.preventDefault();
      this.show("day", Days.of(info.date));
      return undefined;
    };

    /* ---- the library ------------------------------------------------------------------------ */

    start() {
      this.library = new window.FullCalendar.Calendar(byId("cal-body"), {
        ...this.look(), ...this.speech(), ...this.drawn(), ...this.acts(),
        height: "100%", dayMaxEvents: true,
        initialView: this.grid(this.mode), initialDate: this.day, timeZone: "UTC", now: this.days.now,
      });
      this.library.render();
    }

    refit() {
      this.show(this.mode, this.day);
      if (!phone.matches) this.library?.updateSize?.();
    }

    look() {
      const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      return {
        firstDay: 1, fixedWeekCount: false, headerToolbar: false, expandRows: true, borderless: true, dayNarrowWidth: 40,
        eventMaxStack: 2, slotEventOverlap: false, nowIndicator: true, scrollTime: "08:00:00",
        views: { timeGridDay: { eventMaxStack: 10 }, dayGridMonth: { defaultTimedEventDuration: "00:01:00" } },
        allDaySlot: true, slotHeaderFormat: clock, eventTimeFormat: clock, displayEventEnd: false,
        eventDisplay: "block", eventOrder: "last,-long,start,-duration,title", lazyFetching: false,
      };
    }

    speech() {
      const { words } = this;
      return {
        locale: this.days.zh ? "zh-cn" : "en", allDayText: words.allDay, eventsHint: words.events,
        closeHint: document.body.dataset.close, navLinkHint: say(words.day, { day: "$0" }),
        moreLinkText: (n) => `+${n}`, moreLinkHint: words.moreDay,
        popoverFormat: { month: "long", day: "numeric", weekday: "long" },
      };
    }

    drawn() {
      const { drawing } = this;
      const flags = ({ isToday, isOther, date }) =>
        `${isToday ? " is-today" : ""}${isOther ? " is-other" : ""}${date.getUTCDay() % 6 === 0 ? " is-weekend" : ""}`;
      return {
        dayCellTopContent: drawing.dayTop, dayHeaderContent: drawing.dayHead, eventContent: drawing.event,
        dayCellClass: (info) => `cal-cell${flags(info)}`, dayCellTopClass: "cal-cell-top",
        dayHeaderClass: (info) => `cal-day-head${flags(info)}`, dayLaneClass: (info) => `cal-lane${flags(info)}`,
        dayLaneInnerClass: "cal-lane-inner", moreLinkClass: "cal-more", moreLinkContent: drawing.more,
        popoverClass: "cal-popover", popoverCloseClass: "cal-popover-close",
        dayCellDidMount: bare, dayHeaderDidMount: bare, eventDidMount: drawing.explain,
        viewDidMount: ({ el }) => el.querySelectorAll("[role=rowheader]:empty")
          .forEach((one) => one.append(node("span", "sr-only", this.words.hours))),
      };
    }

    acts() {
      const { hands } = this;
      const files = Object.values(this.setup.layers).some((one) => one.create);
      return {
        editable: false, // each event says whether it may be moved
        navLinks: true, navLinkDayClick: (date) => this.show("day", Days.of(date)), moreLinkClick: this.more,
        events: this.load, eventClick: this.open, dateClick: hands.day,
        selectable: files, selectMinDistance: 8, selectAllow: hands.allowSpan, select: hands.span,
        eventDragStart: hands.hold, eventDragStop: hands.drop, eventResizeStart: hands.hold, eventResizeStop: hands.drop,
        eventAllow: hands.allow, eventDrop: hands.save, eventResize: hands.save,
      };
    }
  }

  /* The library names cells by their date and hides what stands in them; ours are named by that. */
  function bare({ el }) {
    for (const named of [el, ...el.querySelectorAll("[role=link]")]) named.removeAttribute("aria-label");
    for (const hidden of el.querySelectorAll("[aria-hidden=true]:not(svg)")) hidden.removeAttribute("aria-hidden");
  }

  /* ---- one at a time: the toolbar swaps the view when it is filtered anew ---------------------- */

  let current = null;

  function mount() {
    const root = byId("calendar");
    if (current?.root === root) return;
    current?.destroy();
    current = root && window.FullCalendar ? new CalendarView(root) : null;
  }

  mount();
  document.addEventListener("htmx:after:settle", mount);
  phone.addEventListener("change", () => current?.refit());
  addEventListener("beforeprint", () => current?.paper());
  for (const what of ["saved", "created", "gone", "restored", "news"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      const tables = Object.values(current?.setup.layers || {}).map((one) => String(one.table));
      if (tables.includes(String(detail.table))) current.refresh();
    });
})();
