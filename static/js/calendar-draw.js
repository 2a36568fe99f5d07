/* What a calendar draws: cells, records, counts of busy days, and the list. Record rows come from the
   server as [id, rev, title, start, end, whole day, option, done, may move, layer, series, colour]. */
(() => {
  const { Days } = window.rounds;
  const DAY = 86400000;

  const say = (sentence, values) =>
    sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function node(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  class Drawing {
    constructor(root, setup, days) {
      Object.assign(this, { words: root.dataset, setup, days, marks: {}, rest: {}, rows: new WeakMap() });
      const chips = root.querySelectorAll("[data-option]");
      this.chips = new Map([...chips].map((chip) => [chip.dataset.option, chip]));
    }

    /** What the legend calls an option of a layer. */
    chip = (layer, option) => (layer ? `${layer}.${option}` : String(option));

    color(chip) {
      const names = [...(this.chips.get(chip)?.classList || [])];
      const layer = chip.includes(".") ? chip.split(".")[0] : "";
      return names.find((one) => one.startsWith("tag-")) || `tag-${this.setup.layers[layer]?.hue || "teal"}`;
    }

    label(chip) {
      return this.chips.get(chip)?.dataset.label || "";
    }

    /** Where a record lives. */
    href(layer, id) {
      return `/r/${this.setup.layers[layer].table}/${id}`;
    }

    state(done) {
      return done ? this.words.done : this.words.planned;
    }

    /** Days off and made-up days; true when there are new ones. */
    mark(found) {
      const before = Object.keys(this.marks).length;
      Object.assign(this.marks, found);
      return Object.keys(this.marks).length !== before;
    }

    markOf(day) {
      const [kind, name] = this.marks[day] || [];
      if (!kind) return [];
      const mark = node("span", `cal-mark is-${kind}`, this.words[kind]);
      mark.title = name;
      return [mark];
    }

    /* ---- cells ---------------------------------------------------------------------------- */

    dayTop = ({ date, isOther }) => {
      const day = Days.of(date);
      const parts = [node("span", "cal-number", date.getUTCDate()), node("span", "sr-only", ` ${this.days.name(day)}`)];
      if (isOther && date.getUTCDate() === 1)
        parts.push(node("span", "cal-other", this.days.written(day, { month: "short" })));
      return { domNodes: [...parts, ...this.markOf(day)] };
    };

    dayHead = ({ date, inPopover, view }) => {
      const day = Days.of(date);
      if (inPopover) return { domNodes: [node("span", "", this.days.name(day)), ...this.markOf(day)] };
      const name = node("span", "", this.days.written(day, { weekday: "short" }));
      if (view.type === "dayGridMonth") return { domNodes: [name] };
      return { domNodes: [name, node("span", "cal-number", date.getUTCDate()), ...this.markOf(day)] };
    };

    /* ---- records and counts in a grid -------------------------------------------------------- */

    /** A record as the library wants it. */
    record = (row) => this.recordOf(row, ...row);

    recordOf = (row, id, rev, title, start, end, allDay, option, isDone, movable, layer, series, color) => ({
      id: [layer, id, series ? start : ""].join(":"), title, url: this.href(layer, id), ...this.placed(start, end, allDay),
      startEditable: movable, durationEditable: movable && this.setup.layers[layer].end !== null,
      class: `ev ${color ? `tag-${color}` : this.color(this.chip(layer, option))} ${isDone ? "is-done" : "is-planned"}`,
      extendedProps: { rev, chip: this.chip(layer, option), isDone, layer, series, row, last: 0, ...this.lasting(start, end, allDay) },
    });

    /** From a day on, what lasts is a bar over its days, above the hours; its times stay known. */
    placed(start, end, allDay) {
      if (!this.lasting(start, end, allDay).times) return { start, end, allDay };
      return { start: start.slice(0, 10), end: Days.plus(end.slice(0, 10), end.endsWith("T00:00:00") ? 0 : 1), allDay: true };
    }

    lasting(start, end, allDay) {
      if (end === null || Date.parse(end) - Date.parse(start) < DAY) return { long: 0 };
      if (allDay) return { long: Number(Date.parse(end) - Date.parse(start) > DAY) };
      return { long: 1, times: [start.slice(10), end.slice(10)] };
    }

    /** What of a day did not come with the month: a line of its own where there is room for one. */
    folded = ([day, count]) => ({
      id: `rest-${day}`, title: `+${this.days.number(count)}`, start: day, allDay: true, editable: false, class: "ev-rest",
      url: `?mode=day&date=${day}`, extendedProps: { day, folded: count, last: 1 },
    });

    /** How many a day does not show: those of its own and those that did not come. */
    more = ({ num }) => {
      const made = node("span", "cal-more-number", `+${num}`);
      made.dataset.num = num;
      queueMicrotask(() => this.tellMore(made));
      return { domNodes: [made] };
    };

    tellMore(made) {
      const rest = this.rest[made.closest("[data-date]")?.dataset.date];
      made.textContent = `+${this.days.number(Number(made.dataset.num) + (rest ? rest - 1 : 0))}`; // one stands for the rest
    }

    /** A day with too many records to show: its count, by colour. */
    count = ([day, parts]) => ({
      id: `day-${day}`, title: day, start: day, allDay: true, editable: false, class: "ev-count",
      url: `?mode=day&date=${day}`, extendedProps: { day, parts, count: sumOf(parts) },
    });

    event = (info) => ({
      domNodes: info.event.extendedProps.parts ? this.countParts(info.event.extendedProps) : this.recordParts(info),
    });

    recordParts({ event, timeText }) {
      if (event.extendedProps.folded) return [node("span", "ev-title", event.title)];
      const parts = [node("span", "ev-title", event.title)];
      if (timeText && !event.allDay) parts.unshift(node("span", "ev-time", timeText));
      if (event.extendedProps.series) parts.push(this.again("ev-again"));
      if (this.setup.planned) parts.push(node("span", "sr-only", ` ${this.state(event.extendedProps.isDone)}`));
      return parts;
    }

    /** The mark of a series. */
    again(name) {
      const mark = node("span", name, "↻");
      mark.title = this.words.repeats;
      return mark;
    }

    countParts({ parts, count }) {
      return [node("span", "ev-number", this.days.number(count)), this.bar(parts, count)];
    }

    /** The colours of a count. */
    bar(parts, count) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      bar.setAttribute("class", "bar ev-bar");
      bar.setAttribute("aria-hidden", "true");
      let at = 0;
      for (const [option, part] of Object.entries(parts)) {
        const piece = bar.appendChild(document.createElementNS(bar.namespaceURI, "rect"));
        const width = (100 * part) / count;
        const drawn = { class: this.color(option), x: `${at}%`, width: `${width}%`, height: 6 };
        for (const [name, value] of Object.entries(drawn)) piece.setAttribute(name, value);
        at += width;
      }
      return bar;
    }

    /** The whole of it as a tooltip. */
    explain = ({ event, el, timeText }) => {
      const { chip, isDone, count, layer, series, folded } = event.extendedProps;
      if (folded) { el.title = say(this.words.more, { n: folded }); return; }
      if (count) { el.title = say(this.words.count, { n: count }); return; }
      const row = event.extendedProps.times && event.extendedProps.row;
      const span = row ? this.days.saidSpan(new Date(`${row[3]}Z`), new Date(`${row[4]}Z`), false) : timeText;
      const parts = [[span, event.title].filter(Boolean).join(" "), this.label(chip), this.layerName(layer)];
      if (series) parts.push(this.words.repeats);
      if (this.setup.planned) parts.push(this.state(isDone));
      el.title = [...new Set(parts.filter(Boolean))].join(" · ");
    };

    /** The name of a layer, where there are several. */
    layerName(layer) {
      const { layers } = this.setup;
      return Object.keys(layers).length > 1 ? layers[layer].name : "";
    }

    /* ---- the list ------------------------------------------------------------------------------ */

    /** One part a day, from `first` on; days without records are left out. */
    list(data, first, days) {
      const parts = [];
      for (let place = 0; place < days; place += 1) {
        const day = Days.plus(first, place);
        const found = data.events.filter((one) => covers(one, day));
        if (found.length) parts.push(this.dayPart(day, found));
      }
      const crowded = Object.entries(data.days || {}).map(([day, counts]) => this.crowdedPart(day, counts));
      return [...parts, ...crowded];
    }

    headOf(day, count) {
      const head = node("h3", `cal-list-day${day === this.days.today ? " is-today" : ""}`);
      const words = say(this.words.count, { n: this.days.number(count) });
      head.append(node("span", "", this.days.name(day)), ...this.markOf(day), node("span", "cal-list-count", words));
      return head;
    }

    dayPart(day, found) {
      const part = node("section", "cal-list-part");
      const lines = node("ul", "list");
      part.append(this.headOf(day, found.length), lines);
      for (const one of found) lines.appendChild(node("li")).append(this.line(one, day));
      return part;
    }

    line(row, day) {
      const [id, , title, start, , allDay, option, isDone, , layer, series, ruled] = row;
      const chip = this.chip(layer, option);
      const tag = this.label(chip) || this.layerName(layer);
      const color = ruled ? `tag-${ruled}` : this.color(chip);
      const line = node("a", `cal-line ${color} ${isDone ? "is-done" : "is-planned"}`);
      line.href = this.href(layer, id);
      line.dataset.record = id; // opens in the panel
      const time = allDay || start.slice(0, 10) !== day ? this.words.allDay : start.slice(11, 16);
      line.append(node("span", "cal-line-time", time), node("span", "cal-line-mark"), node("span", "cal-line-title truncate", title));
      if (series) { line.append(this.again("cal-line-again")); this.rows.set(line, row); }
      if (tag) line.append(node("span", `tag ${this.color(chip)}`, tag));
      if (this.setup.planned) line.append(node("span", "cal-line-state", this.state(isDone)));
      return line;
    }

    crowdedPart(day, counts) {
      const part = node("section", "cal-list-part");
      const link = node("a", "cal-line", say(this.words.day, { day: this.days.name(day) }));
      link.href = `?mode=day&date=${day}`;
      part.append(this.headOf(day, sumOf(counts)), link);
      return part;
    }
  }

  const sumOf = (parts) => Object.values(parts).reduce((sum, one) => sum + one, 0);

  const covers = ([, , , start, end], day) => {
    const first = start.slice(0, 10);
    return first === day || (first < day && end !== null && end > `${day}T00:00:00`);
  };

  Object.assign(window.rounds, { CalendarDrawing: Drawing, covers, sumOf, say, node });
})();
