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
      this.follow = ({ clientX, clientY }) => {
        const beyond = clientX > innerWidth - 260;
        Object.assign(this.hint.style, { left: `${beyond ? clientX - 250 : clientX + 16}px`, top: `${clientY + 18}px` });
      };
    }

    destroy() {
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
    };

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

    /** The record's own times, moved as far as its occurrence was; null where the rule forbids it. */
    seriesValues(event, old) {
      const layer = this.layerOf(event);
      const [first, rule] = event.extendedProps.series;
      const begin = new Date(Date.parse(layer.wholeDays ? first : `${first}Z`) + (event.start - old.start));
      const end = event.end && new Date(begin.getTime() + (event.end - event.start));
      const values = this.values(layer, begin, end);
      const days = Math.round((Date.parse(Days.of(event.start)) - Date.parse(Days.of(old.start))) / DAY);
      const named = /BY(DAY|MONTHDAY)=([^;]*)/.exec(rule);
      if (!days || !named) return values;
      if (!rule.startsWith("FREQ=WEEKLY")) return null;
      const week = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
      const moved = named[2].split(",").map((one) => week[(((week.indexOf(one) + days) % 7) + 7) % 7]);
      return { ...values, [layer.repeat]: rule.replace(named[0], `BYDAY=${moved.join(",")}`) };
    }

    /** Whether the whole series is meant. */
    asked() {
      const box = byId("cal-series");
      box.returnValue = "";
      box.showModal();
      return new Promise((done) => box.addEventListener("close", () => done(box.returnValue === "all"), { once: true }));
    }

    save = async (info) => {
      const { event, oldEvent } = info;
      const { series } = event.extendedProps;
      const layer = this.layerOf(event);
      const values = series ? this.seriesValues(event, oldEvent) : this.values(layer, event.start, event.end);
      if (!values) { info.revert(); window.rounds.toast({ text: this.words.fixed, kind: "attention" }); return; }
      if (series && !(await this.asked())) { info.revert(); return; }
      const answer = await window.rounds.fetch(event.url, { method: "POST", json: { values, rev: event.extendedProps.rev } });
      if (!answer.ok) { this.refused(info, answer); return; }
      event.setExtendedProp("rev", answer.data.rev);
      if (answer.data.gone || series) this.view.refresh();
      const when = this.days.saidSpan(event.start, event.end, event.allDay);
      if (answer.data.change)
        window.rounds.undoToast(say(series ? this.words.movedSeries : this.words.moved, { when }), this.words, answer.data.change, { table: layer.table });
    };

    /** It jumps back, and the reason is said. */
    refused(info, { status, data }) {
      info.revert();
      if (status && status < 500) window.rounds.toast({ text: data?.error || this.words.refused, kind: "attention" });
      if (status === 409 || status === 404) this.view.refresh();
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
      const left = Math.min(pointer?.clientX ?? innerWidth / 2, innerWidth - 240);
      const top = Math.min(pointer?.clientY ?? innerHeight / 2, innerHeight - 60 - 40 * open.length);
      Object.assign(menu.style, { position: "fixed", inset: "auto", left: `${left}px`, top: `${top}px` });
      menu.showPopover();
      menu.querySelector("a").focus();
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
