/* How a record repeats, chosen instead of typed: the answer stays an RRULE in one hidden input. */
(() => {
  const { islands } = window.rounds;
  const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

  function make(tag, given = {}, ...inside) {
    const made = Object.assign(document.createElement(tag), given);
    made.append(...inside);
    return made;
  }

  const partsOf = (rule) => Object.fromEntries(rule.replace(/^RRULE:/i, "").split(";").filter(Boolean).map((one) => one.split("=")));

  class Repeat {
    constructor(island) {
      this.island = island;
      this.words = JSON.parse(island.dataset.words);
      this.input = islands.answerOf(island);
      this.input.type = "hidden";
      this.build();
      this.input.removeAttribute("id");
      this.paint(this.input.value);
      island.addEventListener("change", (event) => {
        if (event.target === this.input) return;
        event.stopPropagation();
        this.write();
      });
    }

    select(name, options, label) {
      const made = make("select", { className: "select", name: "" });
      made.dataset.part = name;
      if (label) made.setAttribute("aria-label", label);
      for (const [value, word] of options) made.append(make("option", { value, textContent: word }));
      return made;
    }

    number(name, most, label) {
      const made = make("input", { className: "input input-num", type: "number", min: 1, max: most, value: 1 });
      made.dataset.part = name;
      made.setAttribute("aria-label", label);
      return made;
    }

    build() {
      const { words, input } = this;
      this.freq = this.select("freq", [["", words.never], ...["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].map((one) => [one, words[one]])]);
      this.freq.id = input.id;
      const about = input.getAttribute("aria-describedby");
      if (about) this.freq.setAttribute("aria-describedby", about);
      this.interval = this.number("interval", words.mostInterval, words.every);
      this.unit = make("span", { className: "muted" });
      this.week = make("div", { className: "choices repeat-days", role: "group" });
      this.week.setAttribute("aria-label", words.on);
      this.boxes = words.days.map((day, place) => {
        const box = make("input", { type: "checkbox", value: DAYS[place] });
        this.week.append(make("label", { className: "choice" }, box, make("span", { textContent: day })));
        return box;
      });
      this.on = this.select("on", [["", words.sameDay], ["last", words.lastDay], ...words.nth], words.on);
      this.nthDay = this.select("nthDay", words.days.map((day, place) => [DAYS[place], day]), words.weekday);
      this.ends = this.select("ends", [["", words.noEnd], ["until", words.until], ["count", words.after]], words.ends);
      this.until = make("input", { className: "input", type: "date" });
      this.until.setAttribute("aria-label", words.until);
      this.count = this.number("count", words.mostCount, words.after);
      this.times = make("span", { className: "muted", textContent: words.times });
      this.first = make("div", { className: "repeat-line" }, this.freq, make("span", { className: "muted", textContent: words.every }), this.interval, this.unit);
      this.second = make("div", { className: "repeat-line" }, this.on, this.nthDay);
      this.third = make("div", { className: "repeat-line" }, this.ends, this.until, this.count, this.times);
      this.left = make("span", { className: "muted" });
      this.back = make("button", { className: "btn btn-sm", type: "button", textContent: words.back });
      this.back.addEventListener("click", () => { this.without = ""; this.write(); this.freq.focus(); });
      this.fourth = make("div", { className: "repeat-line" }, this.left, this.back);
      this.island.append(this.first, this.week, this.second, this.third, this.fourth);
    }

    /** Show a rule; what the controls cannot show stays as it is until one is changed. */
    paint(rule) {
      const parts = partsOf(rule || "");
      const days = (parts.BYDAY || "").split(",").filter(Boolean);
      const nth = /^(-?\d)?/.exec(days[0] || "")[1] || "";
      this.freq.value = parts.FREQ || "";
      this.interval.value = parts.INTERVAL || 1;
      for (const box of this.boxes) box.checked = !nth && days.includes(box.value);
      this.kept = Number(parts.BYMONTHDAY) > 0 ? parts.BYMONTHDAY : "";
      this.on.value = parts.BYMONTHDAY === "-1" ? "last" : nth;
      this.nthDay.value = nth ? days[0].replace(nth, "") : "MO";
      this.ends.value = parts.UNTIL ? "until" : parts.COUNT ? "count" : "";
      this.until.value = (parts.UNTIL || "").replace(/^(\d{4})(\d\d)(\d\d).*/, "$1-$2-$3");
      this.count.value = parts.COUNT || 10;
      this.without = parts.EXDATE || "";
      this.fit();
    }

    /** Only what matters for the chosen frequency is there. */
    fit() {
      const freq = this.freq.value;
      for (const one of [...this.first.children].slice(1)) one.hidden = !freq;
      this.week.hidden = freq !== "WEEKLY";
      this.second.hidden = freq !== "MONTHLY";
      this.third.hidden = !freq;
      this.fourth.hidden = !freq || !this.without;
      const days = this.without.replace(/(\d{4})(\d\d)(\d\d)/g, "$1-$2-$3").split(",");
      this.left.textContent = days.length === 1 ? this.words.exceptDay.replace("{day}", days[0]) : this.words.except.replace("{n}", days.length);
      this.left.title = days.join(" ");
      this.nthDay.hidden = !/\d/.test(this.on.value);
      this.until.hidden = this.ends.value !== "until";
      this.count.hidden = this.times.hidden = this.ends.value !== "count";
      this.unit.textContent = freq ? this.words.units[freq] : "";
    }

    rule() {
      const freq = this.freq.value;
      if (!freq) return "";
      const parts = [`FREQ=${freq}`, `INTERVAL=${this.interval.value || 1}`];
      const days = this.boxes.filter((one) => one.checked).map((one) => one.value);
      if (freq === "WEEKLY" && days.length) parts.push(`BYDAY=${days.join(",")}`);
      if (freq === "MONTHLY" && this.on.value === "last") parts.push("BYMONTHDAY=-1");
      else if (freq === "MONTHLY" && this.on.value) parts.push(`BYDAY=${this.on.value}${this.nthDay.value}`);
      else if (freq === "MONTHLY" && this.kept) parts.push(`BYMONTHDAY=${this.kept}`);
      if (this.ends.value === "until" && this.until.value) parts.push(`UNTIL=${this.until.value.replaceAll("-", "")}`);
      if (this.ends.value === "count") parts.push(`COUNT=${this.count.value || 1}`);
      if (this.without) parts.push(`EXDATE=${this.without}`);
      return parts.join(";");
    }

    write() {
      this.fit();
      const rule = this.rule();
      if (rule === this.input.value) return;
      this.input.value = rule;
      islands.say(this.input);
    }
  }

  const built = new WeakMap();
  const build = (island) => { if (!built.has(island)) built.set(island, new Repeat(island)); };

  islands.SET.repeat = (island, value) => built.get(island)?.paint(value);
  document.addEventListener("rounds:island", (event) => { if (event.target.dataset.island === "repeat") build(event.target); });
  document.querySelectorAll("[data-island=repeat]").forEach(build);
})();
