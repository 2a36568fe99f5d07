/* Scale: days as pixels. A point in time is a number of days on the wall of the person, with a fraction
   for the hour; days are "2026-11-21", moments "2026-11-21T09:30:00". */
(() => {
  const { Days } = window.rounds;
  const MS = 86400000;
  const FARTHEST = [Date.UTC(1900, 0, 1) / MS, Date.UTC(2200, 0, 1) / MS];

  /* px: of one day; days: kept ready; low, high: the two lines of the scale; step: of an arrow key;
     drop: days of a record that is dropped without dates. */
  const ZOOMS = {
    day: { px: 44, days: 140, low: "day", high: "month", step: 1, drop: 1 },
    week: { px: 18, days: 320, low: "date", high: "week", step: 1, drop: 3 },
    month: { px: 6, days: 800, low: "week", high: "month", step: 1, drop: 7 },
    quarter: { px: 2, days: 2400, low: "month", high: "quarter", step: 7, drop: 30 },
    year: { px: 0.6, days: 7300, low: "quarter", high: "year", step: 30, drop: 90 },
  };
  const MONTHS = { month: 1, quarter: 3, year: 12 };

  const numberOf = (iso) => Date.parse(iso.length > 10 ? `${iso}Z` : iso) / MS;
  const dayOf = (number) => Days.of(new Date(Math.floor(number) * MS));

  class Scale {
    constructor(zoom, center, days, { px, length } = {}) {
      this.zoom = zoom;
      Object.assign(this, ZOOMS[zoom], px ? { px } : {}, length ? { days: length } : {});
      const middle = Math.min(FARTHEST[1], Math.max(FARTHEST[0], center));
      this.first = Math.floor(middle - this.days / 2);
      this.words = days;
    }

    get width() { return Math.ceil(this.days * this.px); }
    get last() { return this.first + this.days; }
    x = (number) => (number - this.first) * this.px;
    at = (x) => this.first + x / this.px;

    /** [begin, end, label] of each unit of a line of the scale. */
    ticks(unit) {
      const found = [];
      for (let at = this.begin(unit, this.first); at < this.last;) {
        const next = this.next(unit, at);
        found.push([at, next, this.label(unit, at)]);
        at = next;
      }
      return found;
    }

    begin(unit, number) {
      const day = dayOf(number);
      if (unit === "week") return numberOf(Days.monday(day));
      const step = MONTHS[unit];
      if (!step) return Math.floor(number);
      const [year, month] = day.split("-").map(Number);
      return Date.UTC(year, Math.floor((month - 1) / step) * step, 1) / MS;
    }

    next(unit, number) {
      const step = MONTHS[unit];
      if (!step) return number + (unit === "week" ? 7 : 1);
      return numberOf(Days.month(dayOf(number), step));
    }

    label(unit, number) {
      const day = dayOf(number);
      const high = unit === this.high;
      const year = day.slice(0, 4);
      const quarter = `Q${Math.floor((Number(day.slice(5, 7)) - 1) / 3) + 1}`;
      const date = String(Number(day.slice(8)));
      if (unit === "year") return year;
      if (unit === "quarter") return high ? `${year} ${quarter}` : quarter;
      if (unit === "month") return this.words.written(day, high ? { year: "numeric", month: "long" } : { month: "short" });
      if (unit === "week" && high) return `${this.words.written(day, { year: "numeric", month: "short" })} · ${this.words.week(weekOf(number))}`;
      return unit === "day" ? `${date} ${this.words.written(day, { weekday: "narrow" })}` : date;
    }
  }

  /** The ISO number of a week: that of its Thursday within the year. */
  function weekOf(monday) {
    const thursday = monday + 3;
    const first = Date.UTC(Number(dayOf(thursday).slice(0, 4)), 0, 1) / MS;
    return Math.floor((thursday - first) / 7) + 1;
  }

  Object.assign(window.rounds, { TimelineScale: Scale, ZOOMS, numberOf, dayOf });
})();
