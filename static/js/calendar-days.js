/* Days: the wall clock of the person's zone, counted in UTC so that nothing ever converts. A day is
   "2026-11-21", a moment a Date whose UTC parts are those of the wall. */
(() => {
  const DAY = 86400000;

  class Days {
    constructor({ lang, now }) {
      this.zh = lang === "zh";
      this.locale = this.zh ? "zh-CN" : "en-GB";
      this.began = Date.parse(`${now}Z`);
      this.opened = performance.now();
    }

    static wall = (moment) => moment.toISOString().slice(0, 19);

    static of = (moment) => moment.toISOString().slice(0, 10);

    static plus = (day, count) => Days.of(new Date(Date.parse(day) + count * DAY));

    static monday = (day) => Days.plus(day, -((new Date(day).getUTCDay() + 6) % 7));

    /** The first of the month `count` months after that of `day`. */
    static month(day, count) {
      const [year, month] = day.split("-").map(Number);
      return Days.of(new Date(Date.UTC(year, month - 1 + count, 1)));
    }

    /** Now on the wall; the page may stand open for days. */
    now = () => Days.wall(new Date(this.began + performance.now() - this.opened));

    get today() {
      return this.now().slice(0, 10);
    }

    written(day, format) {
      return new Date(day).toLocaleDateString(this.locale, { timeZone: "UTC", ...format });
    }

    /** The year as part of a format, where it is not this one. */
    year(day) {
      return day.slice(0, 4) === this.today.slice(0, 4) ? {} : { year: "numeric" };
    }

    /** 11月16日 周一, Mon 16 November. */
    name(day) {
      const parts = [
        this.written(day, { month: "long", day: "numeric", ...this.year(day) }),
        this.written(day, { weekday: "short" }),
      ];
      return (this.zh ? parts : parts.reverse()).join(" ");
    }

    /** What stands above a month, a week, seven days from one on, or a day. */
    title(mode, day) {
      if (mode === "month") return this.written(day, { year: "numeric", month: "long" });
      if (mode === "day") return this.name(day);
      const first = mode === "week" ? Days.monday(day) : day;
      const last = Days.plus(first, 6);
      const number = { day: "numeric" };
      const short = first.slice(0, 7) === last.slice(0, 7) ? number : { ...number, month: "long" };
      const full = { ...number, month: "long", ...this.year(first) };
      return [this.written(first, this.zh ? full : short), this.written(last, this.zh ? short : full)].join(" – ");
    }

    /** A moment as a toast says it. */
    said(moment, wholeDays) {
      const clock = wholeDays ? {} : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      return moment.toLocaleString(this.locale, { month: "short", day: "numeric", weekday: "short", timeZone: "UTC", ...clock });
    }

    /** From a moment to another (of whole days: to the day before it), as long as there is one. */
    saidSpan(start, end, wholeDays) {
      const first = this.said(start, wholeDays);
      const last = end && new Date(end.getTime() - (wholeDays ? DAY : 0));
      if (!last || last <= start) return first;
      if (Days.of(last) !== Days.of(start)) return `${first} – ${this.said(last, wholeDays)}`;
      return `${first} – ${Days.wall(last).slice(11, 16)}`;
    }

    number = (count) => count.toLocaleString(this.locale);
  }

  Object.assign(window.rounds, { Days });
})();
