/* Calendar, by keys: the days are one stop of the Tab key; arrows go from day to day and on into the
   next month, Enter opens the day, N files on it, PgUp and PgDn turn the page. */
(() => {
  const { Days } = window.rounds;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

  class CalendarKeys {
    /** `view` is the calendar: root, mode, day, show(), beside(), hands. */
    constructor(view) {
      this.view = view;
      this.wanted = null; // the day that gets the focus once it is drawn
      view.root.addEventListener("keydown", (event) => this.pressed(event));
    }

    day = (element) =>
      element.closest(".cal-dot-day")?.dataset.day ?? element.closest("[role=link], .ev, .cal-more")?.closest("[data-date]")?.dataset.date;

    stops = () => [...this.view.root.querySelectorAll("[data-date] [role=link], .cal-dot-day")];

    pressed(event) {
      const day = this.day(event.target);
      if (!day || event.ctrlKey || event.metaKey || event.altKey) return;
      const { view } = this;
      const step = STEPS[event.key];
      if (step && (view.mode === "month" || Math.abs(step) === 1)) this.go(Days.plus(day, step));
      else if (event.key === "Home") this.go(Days.monday(day));
      else if (event.key === "End") this.go(Days.plus(Days.monday(day), 6));
      else if (event.key === "PageUp") this.go(view.beside(-1, day));
      else if (event.key === "PageDown") this.go(view.beside(1, day));
      else if (event.key.toLowerCase() === "n") view.hands.file(null, { start: new Date(day), end: null, allDay: true });
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    /** To a day that is there, or to the page that has it. */
    go(day) {
      const inMonth = this.view.mode !== "month" || day.slice(0, 7) === this.view.day.slice(0, 7);
      const stop = this.stops().find((one) => this.day(one) === day);
      if (stop && inMonth) { this.rove(stop); stop.focus(); return; }
      this.wanted = day;
      this.view.show(this.view.mode, day);
      this.drawn();
    }

    /** What is drawn: one of its days is where Tab comes to. */
    drawn() {
      const stops = this.stops();
      const find = (day) => stops.find((one) => this.day(one) === day);
      const stop = find(this.wanted) || find(this.view.day) || stops[0];
      if (!stop) return;
      this.rove(stop);
      if (this.wanted && this.day(stop) === this.wanted) { stop.focus(); this.wanted = null; }
    }

    rove(stop) {
      for (const one of this.stops()) one.tabIndex = one === stop ? 0 : -1;
    }
  }

  Object.assign(window.rounds, { CalendarKeys });
})();
