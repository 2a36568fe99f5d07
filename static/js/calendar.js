/* Calendar: FullCalendar for month and week, a plain list for the rest; what is dragged is saved.
   The address keeps mode, day and chosen colours. */
(() => {
  const { Days, CalendarDrawing, say, node } = window.rounds;
  const DAY = 86400000;
  const phone = matchMedia("(max-width: 768px)");
  const byId = (id) => document.getElementById(id);
  const MODES = ["month", "week", "list", "day"];

  class CalendarView {
    constructor(root) {
      this.root = root;
      this.words = root.dataset;
      this.setup = JSON.parse(root.dataset.setup);
      this.days = new Days(this.setup);
      this.drawing = new CalendarDrawing(root, this.setup, this.days);
      this.grids = { month: "dayGridMonth", week: this.setup.wholeDays ? "dayGridWeek" : "timeGridWeek" };
      this.asked = new URLSearchParams(root.dataset.query);
      this.chosen = new Set((this.asked.get("only") || "").split(",").filter(Boolean).map(Number));
      this.total = null;
      this.library = null; // started only when a grid is asked for: a phone's list does without it
      this.listing = 0;
      root.addEventListener("click", (event) => this.pressed(event));
      const mode = this.asked.get("mode");
      const day = this.asked.get("date");
      this.show(
        MODES.includes(mode) ? mode : phone.matches ? "list" : "month",
        /^\d{4}-\d\d-\d\d$/.test(day) ? day : this.setup.date,
      );
    }

    destroy() {
      this.library?.destroy();
    }

    /* ---- going about ---------------------------------------------------------------------- */

    /** Show a mode at a day; a grid that is there stays until the answer has come. */
    show(mode, day) {
      const same = this.mode === mode;
      Object.assign(this, { mode, day });
      this.root.dataset.mode = mode;
      this.root.querySelector(".cal-title").textContent = this.days.title(mode, day);
      for (const button of this.root.querySelectorAll("button[data-mode]"))
        button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      const grid = Boolean(this.grids[mode]);
      byId("cal-body").hidden = !grid;
      byId("cal-list").hidden = grid;
      this.remember();
      if (!grid) this.clear().list();
      else if (!this.library) this.start();
      else if (same) this.library.gotoDate(day);
      else this.library.changeView(this.grids[mode], day);
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

    refresh() {
      if (!this.grids[this.mode]) this.list();
      else this.library.refetchEvents();
    }

    /** The day to go to, one page earlier (-1) or later (1). */
    beside(way) {
      if (this.mode === "month") return Days.month(this.day, way);
      return Days.plus(this.day, way * (this.mode === "day" ? 1 : 7));
    }

    pressed(event) {
      const { target } = event;
      const chip = target.closest("button[data-option]");
      const mode = target.closest("button[data-mode]");
      if (target.closest(".cal-prev")) this.show(this.mode, this.beside(-1));
      else if (target.closest(".cal-next")) this.show(this.mode, this.beside(1));
      else if (target.closest("[data-go=today]")) this.show(this.mode, this.days.today);
      else if (mode) this.show(mode.dataset.mode, this.day);
      else if (chip) this.choose(Number(chip.dataset.option));
      else if (target.id === "cal-nearest") { event.preventDefault(); this.show(this.mode, target.dataset.day); }
    }

    choose(option) {
      if (!this.chosen.delete(option)) this.chosen.add(option);
      this.remember();
      this.refresh();
    }

    /* ---- reading -------------------------------------------------------------------------- */

    /** The answer for the days from start to end (the day after the last); null after a refusal. */
    async read(what, start, end) {
      const url = new URL(`/v/${this.setup.view}/data/${what}`, location.origin);
      const set = (name, value) => value && url.searchParams.set(name, value);
      for (const name of ["filter", "saved", "q"]) set(name, this.asked.get(name));
      set("start", start);
      set("end", end);
      set("only", [...this.chosen].join(","));
      if (this.total === null) set("total", "1");
      const { ok, data } = await window.rounds.fetch(url);
      if (!ok) {
        if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        return null;
      }
      this.total = data.total ?? this.total;
      this.tell(data);
      return data;
    }

    /** What the library asks for. On a phone a month is numbers: its cells are too narrow for words. */
    load = async (info, done, failed) => {
      const what = phone.matches && this.mode === "month" ? "days" : "events";
      const data = await this.read(what, info.startStr.slice(0, 10), info.endStr.slice(0, 10));
      byId("cal-body")?.removeAttribute("aria-busy");
      if (!data) { failed(new Error("refused")); return; }
      if (this.drawing.mark(data.marks)) {
        this.library.setOption("dayCellTopContent", (cell) => this.drawing.dayTop(cell));
        this.library.setOption("dayHeaderContent", (head) => this.drawing.dayHead(head));
      }
      done(data.days ? Object.entries(data.days).map(this.drawing.count) : data.events.map(this.drawing.record));
    };

    /** Another day's records must not stand beneath this day's title. */
    clear() {
      byId("cal-list").replaceChildren(...Array.from({ length: 6 }, () => node("div", "skeleton cal-skeleton")));
      return this;
    }

    /** Seven days from the day on, or that day alone. */
    async list() {
      const days = this.mode === "list" ? 7 : 1;
      const mine = ++this.listing;
      const data = await this.read("events", this.day, Days.plus(this.day, days));
      if (!data || mine !== this.listing) return;
      this.drawing.mark(data.marks);
      const parts = this.drawing.list(data, this.day, days);
      byId("cal-list").replaceChildren(...(parts.length ? parts : [node("p", "cal-none", this.words.none)]));
    }

    /* ---- legend, scope, empty spans --------------------------------------------------------- */

    tell(data) {
      const parts = new Map();
      const add = (option, count) => parts.set(option, (parts.get(option) || 0) + count);
      data.events?.forEach((one) => add(one[6], 1));
      Object.values(data.days || {}).forEach((day) =>
        Object.entries(day).forEach(([option, count]) => add(Number(option), count)));
      this.tellLegend(parts);
      const shown = [...parts.values()].reduce((sum, one) => sum + one, 0);
      const { number } = this.days;
      byId("cal-scope").textContent = say(this.words.scope, { shown: number(shown), total: number(this.total) });
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
    }

    /* ---- opening, filing, moving -------------------------------------------------------------- */

    open = (info) => {
      const { day } = info.event.extendedProps;
      const { ctrlKey, metaKey } = info.jsEvent;
      if (!day && (ctrlKey || metaKey || phone.matches)) return; // the link goes by itself
      info.jsEvent.preventDefault();
      if (day) this.show("day", day);
      else window.rounds.openRecord(info.event.url);
    };

    /** An empty day was pressed: file a record there; on a phone, look at the day. */
    file = (info) => {
      const day = info.dateStr.slice(0, 10);
      if (phone.matches) { this.show("day", day); return; }
      if (!this.setup.create) return;
      const moment = info.allDay ? `${day}T09:00` : info.dateStr.slice(0, 16);
      const url = this.setup.create + encodeURIComponent(this.setup.wholeDays ? day : moment);
      if (url.startsWith("/r/")) window.rounds.openRecord(url);
      else location.href = url;
    };

    /** The event's times as its fields keep them; a last day is kept, not the day after it. */
    valuesOf(event) {
      const { start, end, wholeDays } = this.setup;
      const stored = (moment) => (wholeDays ? Days.of(moment) : Days.wall(moment).replace("T", " "));
      const values = { [start]: stored(event.start) };
      if (end !== null && event.end) values[end] = stored(new Date(event.end.getTime() - (wholeDays ? DAY : 0)));
      return values;
    }

    save = async (info) => {
      const { event } = info;
      const answer = await window.rounds.fetch(event.url, {
        method: "POST", json: { values: this.valuesOf(event), rev: event.extendedProps.rev },
      });
      if (!answer.ok) { this.refused(info, answer); return; }
      event.setExtendedProp("rev", answer.data.rev);
      if (answer.data.gone) this.refresh();
      const when = this.days.said(event.start, this.setup.wholeDays);
      if (answer.data.change)
        window.rounds.undoToast(say(this.words.moved, { when }), this.words, answer.data.change, { table: this.setup.table });
    };

    /** It jumps back, and the reason is said. */
    refused(info, { status, data }) {
      info.revert();
      if (status && status < 500) window.rounds.toast({ text: data?.error || this.words.refused, kind: "attention" });
      if (status === 409 || status === 404) this.refresh();
    }

    /* ---- the library ------------------------------------------------------------------------ */

    start() {
      this.library = new window.FullCalendar.Calendar(byId("cal-body"), {
        ...this.look(), ...this.speech(), ...this.drawn(), ...this.acts(), ...this.fit(),
        initialView: this.grids[this.mode], initialDate: this.day, timeZone: "UTC", now: this.days.now,
      });
      this.library.render();
    }

    fit() {
      const narrow = phone.matches;
      return { height: narrow ? "auto" : "100%", dayMaxEvents: !narrow, aspectRatio: narrow ? 0.8 : 1.35 };
    }

    refit() {
      for (const [name, value] of Object.entries(this.library ? this.fit() : {})) this.library.setOption(name, value);
      this.refresh();
    }

    look() {
      const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      return {
        firstDay: 1, fixedWeekCount: false, headerToolbar: false, expandRows: true, borderless: true, dayNarrowWidth: 40,
        eventMaxStack: 2, slotEventOverlap: false, nowIndicator: true, scrollTime: "08:00:00",
        allDaySlot: this.setup.wholeDays, slotHeaderFormat: clock, eventTimeFormat: clock, displayEventEnd: false,
        eventDisplay: "block", eventOrder: "start,-duration,title", lazyFetching: false,
      };
    }

    speech() {
      const { words } = this;
      return {
        locale: this.days.zh ? "zh-cn" : "en", allDayText: words.allDay, eventsHint: words.events,
        closeHint: document.body.dataset.close, navLinkHint: say(words.day, { day: "$0" }),
        moreLinkText: (n) => `+${n}`, moreLinkHint: (n) => say(words.more, { n }),
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
        dayLaneInnerClass: "cal-lane-inner", moreLinkClass: "cal-more",
        popoverClass: "cal-popover", popoverCloseClass: "cal-popover-close",
        dayCellDidMount: bare, dayHeaderDidMount: bare, eventDidMount: drawing.explain,
        viewDidMount: ({ el }) => el.querySelectorAll("[role=rowheader]:empty")
          .forEach((one) => one.append(node("span", "sr-only", this.words.hours))),
      };
    }

    acts() {
      return {
        editable: false, // each event says whether it may be moved
        navLinks: true, navLinkDayClick: (date) => this.show("day", Days.of(date)),
        events: this.load, eventClick: this.open, dateClick: this.file, eventDrop: this.save, eventResize: this.save,
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
  for (const what of ["saved", "created", "gone", "restored"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      if (current && String(detail.table) === String(current.setup.table)) current.refresh();
    });
})();
