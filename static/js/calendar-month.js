/* Calendar, two months of our own: one for a phone (a dot a colour, the chosen day beneath), one for
   paper (A4 across, every day with what fits). */
(() => {
  const { Days, node, covers, sumOf } = window.rounds;
  const DOTS = 3;
  const LINES = 36; // of a column on paper, all its weeks together; the rest of a day is a number

  /** The days of a month's weeks, Monday first. */
  function weeksOf(day) {
    const first = Days.month(day, 0);
    const weeks = [];
    for (let monday = Days.monday(first); monday < Days.month(day, 1); monday = Days.plus(monday, 7))
      weeks.push(Array.from({ length: 7 }, (_, place) => Days.plus(monday, place)));
    return weeks;
  }

  class CalendarMonth {
    constructor(drawing, days) {
      Object.assign(this, { drawing, days });
    }

    span(day) {
      const weeks = weeksOf(day);
      return [weeks[0][0], Days.plus(weeks.at(-1)[6], 1)];
    }

    table(name, day, cell) {
      const table = node("table", name);
      table.setAttribute("aria-label", this.days.title("month", day));
      const weeks = weeksOf(day);
      table.classList.add(`weeks-${weeks.length}`);
      const head = table.createTHead().insertRow();
      for (const one of weeks[0]) {
        const th = node("th", "", this.days.written(one, { weekday: "short" }));
        th.scope = "col";
        head.append(th);
      }
      const body = table.createTBody();
      for (const week of weeks) {
        const row = body.insertRow();
        for (const one of week) {
          const td = row.insertCell();
          const outside = one.slice(0, 7) !== day.slice(0, 7);
          td.className = [outside && "is-other", one === this.days.today && "is-today", [0, 6].includes(new Date(one).getUTCDay()) && "is-weekend"].filter(Boolean).join(" ");
          td.append(...cell(one, outside));
        }
      }
      return table;
    }

    /* ---- on a phone ------------------------------------------------------------------------- */

    dots(data, chosen) {
      return this.table("cal-dots", chosen, (day) => {
        const parts = data.days[day] || {};
        const button = node("button", "cal-dot-day");
        button.type = "button";
        button.dataset.day = day;
        button.setAttribute("aria-pressed", String(day === chosen));
        const count = sumOf(parts);
        button.setAttribute("aria-label", [this.days.name(day), count ? window.rounds.say(this.drawing.words.count, { n: count }) : ""].filter(Boolean).join(", "));
        const row = node("span", "cal-dot-row");
        for (const chip of Object.keys(parts).slice(0, DOTS)) row.append(node("span", `cal-dot ${this.drawing.color(chip)}`));
        if (Object.keys(parts).length > DOTS) row.append(node("span", "cal-dot-more", "+"));
        button.append(node("span", "cal-dot-number", Number(day.slice(8))), ...this.drawing.markOf(day), row);
        return [button];
      });
    }

    /* ---- on paper ---------------------------------------------------------------------------- */

    paper(data, day) {
      const most = Math.floor(LINES / weeksOf(day).length);
      return this.table("cal-paper", day, (one, outside) => {
        const head = node("p", "cal-paper-head");
        head.append(node("b", "", Number(one.slice(8))), ...this.drawing.markOf(one));
        const found = data.events.filter((event) => covers(event, one));
        const counted = sumOf(data.days?.[one] || {});
        if (outside && !found.length) return [head];
        const lines = found.slice(0, found.length > most ? most - 1 : most).map((event) => this.paperLine(event, one));
        const rest = counted || found.length - lines.length + (data.rest?.[one] || 0);
        return [head, ...lines, ...(rest ? [node("p", "cal-paper-rest", `${lines.length ? "+" : ""}${this.days.number(rest)}`)] : [])];
      });
    }

    paperLine([, , title, start, , allDay, option, isDone, , layer], day) {
      const color = this.drawing.color(this.drawing.chip(layer, option));
      const line = node("p", `cal-paper-line ${color} ${isDone ? "is-done" : "is-planned"}`);
      if (!allDay && start.slice(0, 10) === day) line.append(node("span", "cal-paper-time", start.slice(11, 16)));
      line.append(node("span", "", title));
      return line;
    }
  }

  Object.assign(window.rounds, { CalendarMonth });
})();
