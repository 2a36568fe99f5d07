/* Calendar: FullCalendar for month and week, a plain list for the rest. Times are the wall clock of
   the person's zone, so everything counts in UTC and nothing converts. The address keeps mode, day
   and chosen colours. */
(() => {
  let current = null;
  const phone = matchMedia("(max-width: 768px)");

  /* The toolbar swaps the view when it is filtered anew: then a new calendar begins. */
  function mount() {
    const root = document.getElementById("calendar");
    if (current?.root === root) return;
    current?.destroy();
    current = root && window.FullCalendar ? begin(root) : null;
  }

  function begin(root) {
    const setup = JSON.parse(root.dataset.setup);
    const words = root.dataset;
    const byId = (id) => document.getElementById(id);
    const zh = setup.lang === "zh";
    const locale = zh ? "zh-CN" : "en-GB";
    const opened = performance.now();
    const began = Date.parse(`${setup.now}Z`);
    const DAY = 86400000;
    const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const wall = (moment) => moment.toISOString().slice(0, 19);
    const dayOf = (moment) => moment.toISOString().slice(0, 10);
    const plus = (day, count) => dayOf(new Date(Date.parse(day) + count * DAY));
    const monday = (day) => plus(day, -((new Date(day).getUTCDay() + 6) % 7));
    const written = (day, format) => new Date(day).toLocaleDateString(locale, { timeZone: "UTC", ...format });
    const now = () => wall(new Date(began + performance.now() - opened));
    const chips = new Map([...root.querySelectorAll("[data-option]")].map((chip) => [Number(chip.dataset.option), chip]));

    /* ---- the address: mode, day, colours -------------------------------------------------- */

    const GRIDS = { month: "dayGridMonth", week: setup.wholeDays ? "dayGridWeek" : "timeGridWeek" };
    const asked = new URLSearchParams(words.query);
    const chosen = new Set((asked.get("only") || "").split(",").filter(Boolean).map(Number));
    const state = {
      mode: /^(month|week|list|day)$/.test(asked.get("mode")) ? asked.get("mode") : phone.matches ? "list" : "month",
      day: /^\d{4}-\d\d-\d\d$/.test(asked.get("date")) ? asked.get("date") : setup.date,
    };
    let calendar = null;
    let marks = {};
    let total = null;

    function remember() {
      const url = new URL(location.href);
      if (url.pathname !== `/v/${setup.view}`) return; // a record stands in the address
      const set = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
      set("mode", state.mode);
      set("date", state.day);
      set("only", [...chosen].join(","));
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }

    /* ---- reading -------------------------------------------------------------------------- */

    /** The answer for the days from start to end (the day after the last); null after a refusal. */
    async function read(what, start, end) {
      const url = new URL(`/v/${setup.view}/data/${what}`, location.origin);
      for (const name of ["filter", "saved", "q"]) if (asked.get(name)) url.searchParams.set(name, asked.get(name));
      url.searchParams.set("start", start);
      url.searchParams.set("end", end);
      if (chosen.size) url.searchParams.set("only", [...chosen].join(","));
      if (total === null) url.searchParams.set("total", "1");
      const { ok, data } = await window.rounds.fetch(url);
      if (!ok) {
        if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" });
        return null;
      }
      total = data.total ?? total;
      tell(data);
      return data;
    }

    /* On a phone a month is numbers: its cells are too narrow for words. */
    async function load(info, done, failed) {
      const what = phone.matches && state.mode === "month" ? "days" : "events";
      const data = await read(what, info.startStr.slice(0, 10), info.endStr.slice(0, 10));
      byId("cal-body").removeAttribute("aria-busy");
      if (!data) { failed(new Error("refused")); return; }
      remark(data.marks);
      root.classList.toggle("is-counting", Boolean(data.days));
      done(data.days ? Object.entries(data.days).map(countEvent) : data.events.map(recordEvent));
    }

    function recordEvent([id, rev, title, start, end, allDay, option, isDone, movable]) {
      return {
        id: String(id), title, start, end, allDay, url: `/r/${setup.table}/${id}`,
        startEditable: movable, durationEditable: movable && setup.end !== null,
        class: `ev ${colorOf(option)} ${isDone ? "is-done" : "is-planned"}`,
        extendedProps: { rev, option, isDone },
      };
    }

    function countEvent([day, parts]) {
      const count = Object.values(parts).reduce((sum, one) => sum + one, 0);
      return {
        id: `day-${day}`, title: String(count), start: day, allDay: true, editable: false,
        url: `?mode=day&date=${day}`, class: "ev-count", extendedProps: { day, parts, count },
      };
    }

    const colorOf = (option) =>
      [...(chips.get(option)?.classList || [])].find((one) => one.startsWith("tag-")) || "tag-teal";
    const labelOf = (option) => chips.get(option)?.dataset.label || "";

    /* ---- legend, scope, empty spans --------------------------------------------------------- */

    function tell(data) {
      const parts = new Map();
      const add = (option, count) => parts.set(option, (parts.get(option) || 0) + count);
      data.events?.forEach((one) => add(one[6], 1));
      Object.values(data.days || {}).forEach((day) =>
        Object.entries(day).forEach(([option, count]) => add(Number(option), count)));
      const shown = [...parts.values()].reduce((sum, one) => sum + one, 0);
      for (const [option, chip] of chips) {
        const count = parts.get(option) || 0;
        chip.setAttribute("aria-pressed", String(chosen.has(option)));
        if (chosen.size && !chosen.has(option)) continue;
        chip.querySelector("[data-option-count]").textContent = count ? count.toLocaleString(locale) : "";
        chip.hidden = !count && !chosen.has(option);
      }
      byId("cal-scope").textContent = say(words.scope, { shown: shown.toLocaleString(locale), total: total.toLocaleString(locale) });
      const link = byId("cal-nearest");
      link.hidden = !data.nearest;
      link.dataset.day = data.nearest || "";
      link.textContent = data.nearest ? say(words.nearest, { day: data.nearest }) : "";
    }

    function remark(found) {
      const before = Object.keys(marks).length;
      marks = { ...marks, ...found };
      if (Object.keys(marks).length === before) return;
      calendar.setOption("dayCellTopContent", (info) => dayTop(info));
      calendar.setOption("dayHeaderContent", (info) => dayHead(info));
    }

    /* ---- drawing ---------------------------------------------------------------------------- */

    function node(tag, name, text) {
      const made = document.createElement(tag);
      if (name) made.className = name;
      if (text !== undefined) made.textContent = text;
      return made;
    }

    function markOf(day) {
      const [kind, name] = marks[day] || [];
      if (!kind) return [];
      const mark = node("span", `cal-mark is-${kind}`, words[kind]);
      mark.title = name;
      return [mark];
    }

    function dayTop({ date, isOther }) {
      const day = dayOf(date);
      const parts = [node("span", "cal-number", date.getUTCDate())];
      if (isOther && date.getUTCDate() === 1) parts.push(node("span", "cal-other", written(day, { month: "short" })));
      return { domNodes: [...parts, ...markOf(day)] };
    }

    function dayHead({ date, inPopover }) {
      const day = dayOf(date);
      if (inPopover) return { domNodes: [node("span", "", dayName(day)), ...markOf(day)] };
      const name = node("span", "", written(day, { weekday: "short" }));
      return { domNodes: state.mode === "month" ? [name] : [name, node("span", "cal-number", date.getUTCDate()), ...markOf(day)] };
    }

    /* The library names cells by their date and hides what stands in them; ours are named by that. */
    function bare({ el }) {
      for (const named of [el, ...el.querySelectorAll("[role=link]")]) named.removeAttribute("aria-label");
      for (const hidden of el.querySelectorAll("[aria-hidden=true]:not(svg)")) hidden.removeAttribute("aria-hidden");
    }

    const drawEvent = (info) => ({
      domNodes: info.event.extendedProps.parts ? drawCount(info.event.extendedProps) : drawRecord(info),
    });

    function drawRecord({ event, timeText }) {
      const parts = [node("span", "ev-title", event.title)];
      if (timeText && !event.allDay) parts.unshift(node("span", "ev-time", timeText));
      if (setup.planned) parts.push(node("span", "sr-only", ` ${event.extendedProps.isDone ? words.done : words.planned}`));
      return parts;
    }

    function drawCount({ parts, count }) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      bar.setAttribute("class", "bar ev-bar");
      bar.setAttribute("aria-hidden", "true");
      let at = 0;
      for (const [option, part] of Object.entries(parts)) {
        const piece = document.createElementNS(bar.namespaceURI, "rect");
        const width = (100 * part) / count;
        for (const [name, value] of Object.entries({ class: colorOf(Number(option)), x: `${at}%`, width: `${width}%`, height: 6 }))
          piece.setAttribute(name, value);
        bar.append(piece);
        at += width;
      }
      return [node("span", "ev-number", count.toLocaleString(locale)), bar];
    }

    function explain({ event, el, timeText }) {
      const { option, isDone, count } = event.extendedProps;
      const parts = [[timeText, event.title].filter(Boolean).join(" "), labelOf(option)];
      if (setup.planned) parts.push(isDone ? words.done : words.planned);
      el.title = count ? say(words.count, { n: count }) : parts.filter(Boolean).join(" · ");
    }

    /* ---- the list: days with their records, one line each -------------------------------------- */

    let asking = 0;

    async function list() {
      const first = state.mode === "list" ? monday(state.day) : state.day;
      const days = state.mode === "list" ? 7 : 1;
      const mine = ++asking;
      const data = await read("events", first, plus(first, days));
      if (!data || mine !== asking) return;
      marks = { ...marks, ...data.marks };
      const box = byId("cal-list");
      const parts = [];
      for (let place = 0; place < days; place += 1) {
        const day = plus(first, place);
        const found = data.events.filter((one) => covers(one, day));
        if (found.length) parts.push(dayPart(day, found));
      }
      if (data.days) parts.push(...Object.entries(data.days).map(([day, counts]) => crowdedPart(day, counts)));
      box.replaceChildren(...(parts.length ? parts : [node("p", "cal-none", words.none)]));
      if (state.mode === "list") startAtToday(parts);
    }

    /* A week opens at today, or at the next day that has something. */
    function startAtToday(parts) {
      const today = now().slice(0, 10);
      const next = parts.find((part) => part.dataset.day >= today);
      if (next && parts[0].dataset.day <= today && monday(today) === monday(state.day)) next.scrollIntoView({ block: "start" });
    }

    const covers = ([, , , start, end], day) =>
      start.slice(0, 10) <= day && (start.slice(0, 10) === day || (end !== null && end > `${day}T00:00:00`));

    function headOf(day, count) {
      const head = node("h3", `cal-list-day${day === now().slice(0, 10) ? " is-today" : ""}`);
      head.append(node("span", "", dayName(day)), ...markOf(day), node("span", "cal-list-count", say(words.count, { n: count.toLocaleString(locale) })));
      return head;
    }

    function dayPart(day, found) {
      const part = node("section", "cal-list-part");
      const lines = part.appendChild(node("ul", "list"));
      part.dataset.day = day;
      part.prepend(headOf(day, found.length));
      for (const one of found) lines.appendChild(node("li")).append(lineOf(one, day));
      return part;
    }

    function lineOf([id, , title, start, , allDay, option, isDone], day) {
      const line = node("a", `cal-line ${colorOf(option)} ${isDone ? "is-done" : "is-planned"}`);
      line.href = `/r/${setup.table}/${id}`;
      line.dataset.record = id;
      const time = allDay || start.slice(0, 10) !== day ? words.allDay : start.slice(11, 16);
      line.append(node("span", "cal-line-time", time), node("span", "cal-line-mark"), node("span", "cal-line-title truncate", title));
      if (labelOf(option)) line.append(node("span", `tag ${colorOf(option)}`, labelOf(option)));
      if (setup.planned) line.append(node("span", "cal-line-state", isDone ? words.done : words.planned));
      return line;
    }

    /** More than one answer holds: the day as a number that opens it. */
    function crowdedPart(day, counts) {
      const part = node("section", "cal-list-part");
      const count = Object.values(counts).reduce((sum, one) => sum + one, 0);
      const link = node("a", "cal-line");
      link.href = `?mode=day&date=${day}`;
      link.textContent = say(words.day, { day: written(day, { month: "short", day: "numeric" }) });
      part.append(headOf(day, count), link);
      return part;
    }

    /* ---- opening, filing, moving -------------------------------------------------------------- */

    function openEvent(info) {
      const { day } = info.event.extendedProps;
      const { jsEvent } = info;
      if (!day && (jsEvent.ctrlKey || jsEvent.metaKey || phone.matches)) return;
      jsEvent.preventDefault();
      if (day) show("day", day);
      else window.rounds.openRecord(info.event.url);
    }

    /** An empty day was pressed: file a record there; on a phone, look at the day. */
    function file(info) {
      if (phone.matches) { show("day", info.dateStr.slice(0, 10)); return; }
      if (!setup.create) return;
      const day = info.dateStr.slice(0, 10);
      const when = setup.wholeDays ? day : info.allDay ? `${day}T09:00` : info.dateStr.slice(0, 16);
      const url = setup.create + encodeURIComponent(when);
      if (url.startsWith("/r/")) window.rounds.openRecord(url);
      else location.href = url;
    }

    const stored = (moment) => (setup.wholeDays ? dayOf(moment) : wall(moment).replace("T", " "));

    function moved(event) {
      const values = { [setup.start]: stored(event.start) };
      if (setup.end !== null && event.end)
        values[setup.end] = stored(new Date(event.end.getTime() - (setup.wholeDays ? DAY : 0)));
      return values;
    }

    async function save(info) {
      const { event } = info;
      const answer = await window.rounds.fetch(event.url, {
        method: "POST", json: { values: moved(event), rev: event.extendedProps.rev },
      });
      if (!answer.ok) {
        info.revert();
        const text = answer.data?.error || words.refused;
        if (answer.status && answer.status < 500) window.rounds.toast({ text, kind: "attention" });
        if (answer.status === 409 || answer.status === 404) refresh();
        return;
      }
      event.setExtendedProp("rev", answer.data.rev);
      if (answer.data.gone) refresh();
      if (answer.data.change) offerUndo(event, answer.data.change);
    }

    function offerUndo(event, change) {
      const clock = setup.wholeDays ? {} : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      const when = event.start.toLocaleString(locale, { month: "short", day: "numeric", weekday: "short", timeZone: "UTC", ...clock });
      window.rounds.undoToast(say(words.moved, { when }), words, change, { table: setup.table });
    }

    /* ---- going about ------------------------------------------------------------------------ */

    const year = (day) => (day.slice(0, 4) === now().slice(0, 4) ? {} : { year: "numeric" });
    const dayName = (day) => {
      const parts = [written(day, { month: "long", day: "numeric", ...year(day) }), written(day, { weekday: "short" })];
      return (zh ? parts : parts.reverse()).join(" ");
    };

    function titleOf() {
      if (state.mode === "month") return written(state.day, { year: "numeric", month: "long" });
      if (state.mode === "day") return dayName(state.day);
      const first = monday(state.day);
      const last = plus(first, 6);
      const full = { month: "long", day: "numeric", ...year(first) };
      const short = first.slice(0, 7) === last.slice(0, 7) ? { day: "numeric" } : full;
      const ends = [written(first, zh ? full : short), written(last, zh ? short : full)];
      return ends.join(" – ");
    }

    /** Show a mode at a day; what is there already stays until the answer has come. */
    function show(mode, day) {
      const same = state.mode === mode;
      Object.assign(state, { mode, day });
      root.dataset.mode = mode;
      root.querySelector(".cal-title").textContent = titleOf();
      for (const button of root.querySelectorAll("button[data-mode]"))
        button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      const grid = Boolean(GRIDS[mode]);
      byId("cal-body").hidden = !grid;
      byId("cal-list").hidden = grid;
      remember();
      if (!grid) list();
      else if (!calendar) start();
      else if (same) calendar.gotoDate(day);
      else calendar.changeView(GRIDS[mode], day);
    }

    const refresh = () => (GRIDS[state.mode] ? calendar.refetchEvents() : list());

    function step(way) {
      if (state.mode !== "month") return plus(state.day, way * (state.mode === "day" ? 1 : 7));
      const [year, month] = state.day.split("-").map(Number);
      return dayOf(new Date(Date.UTC(year, month - 1 + way, 1)));
    }

    function choose(option) {
      if (!chosen.delete(option)) chosen.add(option);
      remember();
      refresh();
    }

    root.addEventListener("click", (event) => {
      const { target } = event;
      const chip = target.closest("button[data-option]");
      const mode = target.closest("button[data-mode]");
      if (target.closest(".cal-prev")) show(state.mode, step(-1));
      else if (target.closest(".cal-next")) show(state.mode, step(1));
      else if (target.closest("[data-go=today]")) show(state.mode, now().slice(0, 10));
      else if (mode) show(mode.dataset.mode, state.day);
      else if (chip) choose(Number(chip.dataset.option));
      else if (target.id === "cal-nearest") { event.preventDefault(); show(state.mode, target.dataset.day); }
    });

    /* ---- the library ------------------------------------------------------------------------ */

    const fit = () => ({ height: phone.matches ? "auto" : "100%", dayMaxEvents: !phone.matches, aspectRatio: phone.matches ? 0.8 : 1.35 });
    const clockFormat = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const isWeekend = (date) => date.getUTCDay() % 6 === 0;
    const flags = (info) => `${info.isToday ? " is-today" : ""}${info.isOther ? " is-other" : ""}${isWeekend(info.date) ? " is-weekend" : ""}`;
    const options = {
      timeZone: "UTC", now,
      locale: zh ? "zh-cn" : "en", firstDay: 1, fixedWeekCount: false, headerToolbar: false, ...fit(),
      expandRows: true, borderless: true, dayNarrowWidth: 40, lazyFetching: false,
      eventMaxStack: 2, slotEventOverlap: false, nowIndicator: true, scrollTime: "08:00:00", allDaySlot: setup.wholeDays,
      slotHeaderFormat: clockFormat, eventTimeFormat: clockFormat, displayEventEnd: false, eventDisplay: "block",
      eventOrder: "start,-duration,title", editable: false,
      navLinks: true, navLinkDayClick: (date) => show("day", dayOf(date)), navLinkHint: say(words.day, { day: "$0" }),
      closeHint: document.body.dataset.close, eventsHint: words.events, allDayText: words.allDay,
      moreLinkText: (n) => `+${n}`, moreLinkHint: (n) => say(words.more, { n }),
      popoverFormat: { month: "long", day: "numeric", weekday: "long" },
      dayCellTopContent: dayTop, dayHeaderContent: dayHead, eventContent: drawEvent,
      dayCellClass: (info) => `cal-cell${flags(info)}`, dayCellTopClass: "cal-cell-top",
      dayHeaderClass: (info) => `cal-day-head${flags(info)}`, dayLaneClass: (info) => `cal-lane${flags(info)}`, dayLaneInnerClass: "cal-lane-inner",
      moreLinkClass: "cal-more", popoverClass: "cal-popover", popoverCloseClass: "cal-popover-close",
      dayCellDidMount: bare, dayHeaderDidMount: bare,
      viewDidMount: ({ el }) => el.querySelectorAll("[role=rowheader]:empty").forEach((one) => one.append(node("span", "sr-only", words.hours))),
      events: load, eventDidMount: explain, eventClick: openEvent, dateClick: file, eventDrop: save, eventResize: save,
    };

    /* The library is started only when a grid is asked for: a phone's list does without it. */
    function start() {
      calendar = new window.FullCalendar.Calendar(byId("cal-body"), { ...options, initialView: GRIDS[state.mode], initialDate: state.day });
      calendar.render();
    }

    function refit() {
      for (const [name, value] of Object.entries(calendar ? fit() : {})) calendar.setOption(name, value);
      refresh();
    }

    show(state.mode, state.day);
    return { root, table: String(setup.table), refresh, refit, destroy: () => calendar?.destroy() };
  }

  mount();
  document.addEventListener("htmx:after:settle", mount);
  phone.addEventListener("change", () => current?.refit());
  for (const what of ["saved", "created", "gone", "restored"])
    document.addEventListener(`rounds:record-${what}`, ({ detail }) => {
      if (current && String(detail.table) === current.table) current.refresh();
    });
})();
