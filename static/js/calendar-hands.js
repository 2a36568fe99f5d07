/* Calendar, by hand: what is dragged is rescheduled (its new time stands beside the pointer before
   it is let go), a day or a span that is pressed is where something new is filed. */
(() => {
  const { Days, say, node } = window.rounds;
  const DAY = 86400000;
  const byId = (id) => document.getElementById(id);

  class CalendarHands {
    /** `view` is the calendar: setup, words, days, refresh(). */
    constructor(view) {
      Object.assign(this, { view, setup: view.setup, words: view.words, days: view.days });
      this.hint = view.root.querySelector(".cal-hint");
      this.held = false;
      this.saving = 0; // moves that are not answered yet
      this.ways = new Map(); // of records: how many of theirs, and the way back
      this.waiting = [];
      this.follow = ({ clientX, clientY }) => {
        const beyond = clientX > innerWidth - 260;
        Object.assign(this.hint.style, { left: `${beyond ? clientX - 250 : clientX + 16}px`, top: `${clientY + 18}px` });
      };
    }

    destroy() {
      this.over = true;
      document.removeEventListener("pointermove", this.follow);
    }

    /* ---- the new time, before it is let go ---------------------------------------------------- */

    hold = () => {
      this.held = true;
      document.addEventListener("pointermove", this.follow);
    };

    drop = () => {
      this.held = false;
      this.hint.hidden = true;
      document.removeEventListener("pointermove", this.follow);
      this.rest();
    };

    /** Until nothing is held and every move is answered. */
    async free() {
      while (this.held || this.saving) await new Promise((done) => this.waiting.push(done));
    }

    rest() { for (const done of this.waiting.splice(0)) done(); }

    say({ start, end, allDay }) {
      this.hint.textContent = this.days.saidSpan(start, end, allDay);
      this.hint.hidden = false;
    }

    /** Times stay times and whole days whole; asked at every place the pointer comes over. */
    allow = (to, event) => {
      if (Boolean(to.allDay) !== event.allDay) return false;
      if (this.held) this.say({ ...to, end: event.end ? to.end : null });
      return true;
    };

    allowSpan = (to) => {
      if (!this.held) { this.hold(); document.addEventListener("pointerup", this.drop, { once: true }); }
      this.say(to);
      return true;
    };

    /* ---- moved ---------------------------------------------------------------------------------- */

    layerOf = (event) => this.setup.layers[event.extendedProps.layer];

    /** Times as the fields keep them; a last day is kept, not the day after it. */
    values(layer, start, end) {
      const stored = (moment) => (layer.wholeDays ? Days.of(moment) : Days.wall(moment).replace("T", " "));
      const values = { [layer.start]: stored(start) };
      if (layer.end !== null && end) values[layer.end] = stored(new Date(end.getTime() - (layer.wholeDays ? DAY : 0)));
      return values;
    }

    /** What an event says now, with the hours of one that is drawn over whole days. */
    timesOf({ start, end, extendedProps: { times } }) {
      if (!times) return [start, end];
      const last = Days.plus(Days.of(end || new Date(start.getTime() + DAY)), times[1] === "T00:00:00" ? 0 : -1);
      return [new Date(`${Days.of(start)}${times[0]}Z`), new Date(`${last}${times[1]}Z`)];
    }

    /** Which of a series is meant: "one", "later", "all", or "" for none. */
    asked({ layer, named, word }) {
      const box = byId("cal-series");
      box.returnValue = "";
      const hide = { one: !layer.copies && word === "move", later: named || (!layer.copies && word === "move"), all: named };
      for (const button of box.querySelectorAll("button[value]")) if (button.value) button.hidden = Boolean(hide[button.value]);
      box.querySelector("#cal-series-title").textContent = named ? this.words.fixed : this.words.which;
      box.showModal();
      return new Promise((done) => box.addEventListener("close", () => done(box.returnValue), { once: true }));
    }

    /** Ask which of the series, write it as one step, offer to take that step back. */
    async series({ layer, url, rev, at, to, scope, text }) {
      const fields = { start: layer.start, end: layer.end, repeat: layer.repeat };
      const answer = await window.rounds.fetch(`${url}/occurrence`, { method: "POST", json: { scope, at, to, fields, rev } });
      if (answer.ok) {
        window.rounds.toast({ text, kind: "ok", action: { label: this.words.undo, run: () => this.back(answer.data.batch) } });
        this.view.refresh();
      }
      return answer;
    }

    async back(batch) {
      const { ok, data } = await window.rounds.fetch(`/batches/${batch}/undo`, { method: "POST" });
      window.rounds.toast(ok ? { text: this.words.undone, kind: "ok" } : { text: data?.error || this.words.refused, kind: "attention" });
      this.view.refresh();
    }

    saveSeries = async (info) => {
      const { event, oldEvent } = info;
      const layer = this.layerOf(event);
      const values = this.values(layer, ...this.timesOf(event));
      const named = Days.of(event.start) !== Days.of(oldEvent.start) && /BYMONTHDAY|BYDAY=-?\d/.test(event.extendedProps.series[1]);
      const scope = await this.asked({ layer, named, word: "move" });
      if (!scope) { info.revert(); return; }
      const when = this.days.saidSpan(...this.timesOf(event), layer.wholeDays);
      const answer = await this.series({
        layer, url: event.url, rev: event.extendedProps.rev, scope, at: this.values(layer, this.timesOf(oldEvent)[0], null)[layer.start],
        to: [values[layer.start], values[layer.end] ?? null], text: say(scope === "one" ? this.words.moved : this.words.movedSeries, { when }),
      });
      if (!answer.ok) this.refused(info, answer);
    };

    /** What can be done with one of a series: opened, left out. `row` is as the server gives it. */
    seriesMenu(pointer, row) {
      const [id, rev, title, start, , , , , movable, key] = row;
      const layer = this.setup.layers[key];
      const url = this.view.drawing.href(key, id);
      if (!movable || !layer.skips) return false;
      const moment = new Date(start.length > 10 ? `${start}Z` : start);
      const skip = (scope, text) => () => this.skip({ layer, url, rev, scope, at: this.values(layer, moment, null)[layer.start], to: null, text });
      const when = this.days.said(moment, layer.wholeDays);
      this.menu(pointer, `${title} · ${when}`, [
        [this.words.open, () => window.rounds.openRecord(url)],
        [this.words.skipOne, skip("one", say(this.words.skipped, { when }))],
        [this.words.skipLater, skip("later", say(this.words.skippedLater, { when }))],
        ...(layer.deletes ? [[this.words.skipAll, skip("all", this.words.deleted)]] : []),
      ]);
      return true;
    }

    async skip(given) {
      const { ok, status, data } = await this.series(given);
      if (!ok && status && status < 500) window.rounds.toast({ text: data?.error || this.words.refused, kind: "attention" });
      if (status === 409 || status === 404) this.view.refresh();
    }

    /** A small menu at the pointer; `items` are words and what they do. */
    menu(pointer, head, items) {
      const menu = byId("cal-file");
      menu.replaceChildren(node("p", "menu-head", head), ...items.map(([words, run]) => {
        const item = node("button", "menu-item", words);
        item.type = "button";
        item.addEventListener("click", () => { menu.hidePopover(); run(); });
        return item;
      }));
      this.place(menu, pointer, items.length);
    }

    place(menu, pointer, count) {
      const box = pointer?.clientX ? null : document.activeElement?.getBoundingClientRect(); // by a key: beside what has the focus
      const left = Math.min(box ? box.left + 20 : pointer?.clientX ?? innerWidth / 2, innerWidth - 240);
      const top = Math.min(box ? box.bottom : pointer?.clientY ?? innerHeight / 2, innerHeight - 60 - 40 * count);
      Object.assign(menu.style, { position: "fixed", inset: "auto", left: `${Math.max(8, left)}px`, top: `${Math.max(8, top)}px` });
      menu.showPopover();
      menu.querySelector("a, button").focus();
    }

    save = async (info) => {
      this.saving += 1;
      try {
        await (info.event.extendedProps.series ? this.saveSeries(info) : this.saveOne(info));
      } finally { this.saving -= 1; this.rest(); }
    };

    /** Of several moves of one record that are refused, the first knows the way back. */
    async saveOne(info) {
      const { event } = info;
      const layer = this.layerOf(event);
      const values = this.values(layer, ...this.timesOf(event));
      const way = this.ways.get(event.url) || { many: 0, back: null };
      this.ways.set(event.url, way);
      way.many += 1;
      way.back ||= info.revert;
      const answer = await window.rounds.write(event.url, values, event.extendedProps.rev);
      way.many -= 1;
      if (!way.many) this.ways.delete(event.url);
      if (!answer.ok) { this.refused({ revert: way.many ? () => {} : way.back || info.revert }, answer); return; }
      way.back = null;
      this.view.refresh();
      const when = this.days.saidSpan(...this.timesOf(event), layer.wholeDays);
      if (answer.data.change)
        window.rounds.undoToast(say(this.words.moved, { when }), this.words, answer.data.change, { table: layer.table });
    }

    /** It jumps back, and the reason is said. */
    refused({ revert }, { status, data }) {
      if (!this.over) revert();
      if ([409, 422].includes(status)) window.rounds.toast({ text: data?.error || this.words.refused, kind: "attention" });
      if (status) this.view.refresh();
    }

    /* ---- filed ---------------------------------------------------------------------------------- */

    /** An empty day or hour was pressed. */
    day = (info) => this.file(info.jsEvent, { start: info.date, end: null, allDay: info.allDay });

    /** A span was drawn. */
    span = (info) => {
      this.drop();
      this.file(info.jsEvent, info);
      this.view.library.unselect();
    };

    /** To the form of the one table that can be filed here, or to a choice among several. */
    file(pointer, when) {
      const open = Object.values(this.setup.layers).filter((one) => one.create);
      if (!open.length) return;
      if (open.length === 1) { this.go(this.fileHref(open[0], when)); return; }
      const menu = byId("cal-file");
      menu.replaceChildren(node("p", "menu-head", this.days.saidSpan(when.start, when.end, when.allDay)), ...open.map((layer) => {
        const link = node("a", "menu-item", say(this.words.file, { table: layer.name }));
        link.href = this.fileHref(layer, when);
        link.addEventListener("click", (event) => { event.preventDefault(); menu.hidePopover(); this.go(link.getAttribute("href")); });
        return link;
      }));
      this.place(menu, pointer, open.length);
    }

    go(url) {
      if (url.startsWith("/r/")) window.rounds.openRecord(url);
      else location.href = url;
    }

    /** Whole days of a table of times begin at nine and end at six. */
    fileHref(layer, { start, end, allDay }) {
      const given = new URLSearchParams();
      const last = end && new Date(end.getTime() - (allDay || layer.wholeDays ? DAY : 0));
      const written = (moment, hour) => {
        if (layer.wholeDays) return Days.of(moment);
        return allDay ? `${Days.of(moment)}T${hour}` : Days.wall(moment).slice(0, 16);
      };
      given.set(`f${layer.start}`, written(start, "09:00"));
      if (last && layer.fileEnd) given.set(`f${layer.end}`, written(last < start ? start : last, "18:00"));
      return layer.create + given;
    }
  }

  Object.assign(window.rounds, { CalendarHands });
})();
