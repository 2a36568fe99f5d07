/* Moving bars: by pointer (a touch must be held first), by keys, and records without dates from their list.
   What would be written stands beside it before it is dropped. */
(() => {
  const { timelineNode: node } = window.rounds;
  const START_PX = 4;
  const HOLD_MS = 350;
  const BORDER = 36; // px from the border within which the view scrolls along
  const TOUCHED = 8; // px of an edge that are the edge

  class Dragging {
    constructor(view) {
      this.view = view;
      this.now = null; // {bar, made, mode, x, from, to, …} while something is moved
      this.tip = view.root.appendChild(node("div", "tl-tip"));
      this.tip.hidden = true;
      const { root } = view;
      root.addEventListener("pointerdown", (event) => this.down(event));
      root.addEventListener("pointermove", (event) => this.move(event));
      root.addEventListener("pointerup", (event) => this.up(event));
      root.addEventListener("pointercancel", () => this.cancel());
      root.addEventListener("touchmove", (event) => { if (this.now?.begun) event.preventDefault(); }, { passive: false });
      root.addEventListener("click", (event) => this.swallow(event), true);
      root.addEventListener("contextmenu", (event) => { if (this.now) event.preventDefault(); });
      root.addEventListener("keydown", (event) => this.key(event));
      root.addEventListener("focusout", (event) => { if (this.now?.keys && event.target === this.now.made) this.cancel(); });
    }

    /* ---- by pointer ----------------------------------------------------------------------------- */

    down(event) {
      this.eaten = false;
      const made = event.target.closest(".tl-bar.is-movable");
      const loose = event.target.closest("[data-loose-record].is-movable");
      if (event.button !== 0 || (!made && !loose) || event.target.closest("button")) return;
      this.cancel();
      const bar = made ? this.view.byKey.get(made.dataset.key) : this.view.looseBar(loose.dataset.looseRecord);
      const mode = made ? this.modeAt(made, event) : "new";
      this.now = { bar, made, mode, x: event.clientX, at: event.clientX, y: event.clientY, pointer: event.pointerId, shift: this.view.scroll.scrollLeft };
      if (event.pointerType === "touch") this.now.hold = setTimeout(() => this.begin(), HOLD_MS);
    }

    modeAt(made, event) {
      if (!made.classList.contains("has-edges")) return "move";
      const box = made.getBoundingClientRect();
      if (event.clientX - box.left < TOUCHED) return "start";
      return box.right - event.clientX < TOUCHED ? "end" : "move";
    }

    begin() {
      const { now } = this;
      now.begun = true;
      (now.made || this.view.root).setPointerCapture?.(now.pointer);
      this.view.root.classList.add("is-dragging");
      now.made?.classList.add("is-held");
      if (now.hold) navigator.vibrate?.(15);
      this.show();
    }

    move(event) {
      const { now } = this;
      if (!now || now.keys || event.pointerId !== now.pointer) return;
      const far = Math.hypot(event.clientX - now.x, event.clientY - now.y);
      if (!now.begun) {
        if (now.hold && far > START_PX * 2) { clearTimeout(now.hold); this.now = null; return; }
        if (now.hold || far < START_PX) return;
        this.begin();
      }
      now.at = event.clientX;
      now.top = event.clientY;
      this.show();
      this.along();
    }

    /** Scroll along while the pointer is at the border. */
    along() {
      if (this.running) return;
      const step = () => {
        const { now, view } = this;
        const box = view.scroll.getBoundingClientRect();
        const side = !now?.begun ? 0 : now.at > box.right - BORDER ? 1 : now.at < box.left + view.left + BORDER ? -1 : 0;
        this.running = side !== 0 && (now.mode !== "new" || now.top < box.bottom);
        if (!this.running) return;
        view.scroll.scrollLeft += side * 9;
        this.show();
        requestAnimationFrame(step);
      };
      step();
    }

    /** Where it would go now, drawn and said. */
    show() {
      const { now, view } = this;
      const pulled = (now.at - now.x + view.scroll.scrollLeft - now.shift) / view.scale.px;
      const days = now.keys ? now.days : Math.round(pulled);
      Object.assign(now, now.mode === "new" ? this.dropped() : this.shifted(days));
      if (now.made) view.drawing.place(now.made, now, now.bar);
      this.tip.textContent = now.from === undefined ? "" : view.said(now);
      this.tip.hidden = !this.tip.textContent;
      const box = view.root.getBoundingClientRect();
      const anchor = now.keys ? now.made.getBoundingClientRect() : { left: now.at, top: now.top ?? now.y };
      this.tip.style.left = `${Math.max(8, Math.min(box.width - this.tip.offsetWidth - 8, anchor.left - box.left))}px`;
      this.tip.style.top = `${anchor.top - box.top - 38}px`;
    }

    /** The dates of the bar, moved by so many days. */
    shifted(days) {
      const { bar, mode } = this.now;
      const { from, to, point } = bar;
      const least = this.view.setup.wholeDays ? 1 : 1 / 48;
      if (mode === "start") return { point, from: Math.min(from + days, to - least), to };
      if (mode === "end") return { point, from, to: Math.max(to + days, from + least) };
      return { point, from: from + days, to: to + days };
    }

    /** A record without dates takes a day of the scale and a length that fits the zoom. */
    dropped() {
      const { now, view } = this;
      const box = view.scroll.getBoundingClientRect();
      const inside = now.at > box.left + view.left && now.at < box.right && now.top > box.top && now.top < box.bottom;
      if (!inside) return { from: undefined };
      const from = Math.floor(view.scale.at(now.at - box.left - view.left + view.scroll.scrollLeft));
      return { point: view.setup.end === null, from, to: from + (view.setup.end === null ? 1 : view.scale.drop) };
    }

    up(event) {
      const { now } = this;
      if (!now || now.keys || event.pointerId !== now.pointer) return;
      clearTimeout(now.hold);
      if (!now.begun) { this.now = null; return; }
      this.finish();
    }

    /** The click that ends a drag opens nothing. */
    swallow(event) {
      if (this.eaten) { event.preventDefault(); event.stopPropagation(); }
      this.eaten = false;
    }

    /* ---- by keys ------------------------------------------------------------------------------------ */

    key(event) {
      const made = event.target.closest?.(".tl-bar");
      if (event.key === "Escape" && this.now) { event.preventDefault(); event.stopPropagation(); this.cancel(); return; }
      if (!made) return;
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const bar = this.view.byKey.get(made.dataset.key);
      if (way && bar) { event.preventDefault(); this.nudge(made, bar, way, event); }
      else if (event.key === "Enter" && this.now?.keys) { event.preventDefault(); this.finish(); }
      else if (event.key === "e" || event.key === "E") { event.preventDefault(); this.cancel(); this.view.askDates(bar); }
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); this.cancel(); this.view.step(made.dataset.key, event.key === "ArrowDown" ? 1 : -1); }
    }

    nudge(made, bar, way, { shiftKey, ctrlKey }) {
      if (!bar.moves) { this.view.announce(this.view.words.fixed); return; }
      const fixed = this.view.setup.end === null || bar.point;
      const mode = fixed ? "move" : shiftKey ? "end" : ctrlKey ? "start" : "move";
      if (this.now?.made !== made || this.now.mode !== mode) {
        this.cancel();
        this.now = { bar, made, mode, keys: true, begun: true, days: 0 };
      }
      const { now, view } = this;
      now.days += way * view.scale.step;
      made.classList.add("is-held");
      this.show();
      view.announce(this.tip.textContent);
    }

    /* ---- the end ------------------------------------------------------------------------------------- */

    finish() {
      const { now } = this;
      this.now = null;
      this.rest(now);
      if (now.from === undefined || (now.mode !== "new" && now.from === now.bar.from && now.to === now.bar.to)) {
        this.back(now);
        return;
      }
      this.view.write(now.bar, now);
    }

    cancel() {
      const { now } = this;
      if (!now) return;
      clearTimeout(now.hold);
      this.now = null;
      this.rest(now);
      this.back(now);
    }

    rest(now) {
      this.eaten = Boolean(now.begun && !now.keys);
      this.tip.hidden = true;
      this.view.root.classList.remove("is-dragging");
      now.made?.classList.remove("is-held");
    }

    back({ made, bar }) {
      if (made) this.view.drawing.place(made, bar);
    }
  }

  Object.assign(window.rounds, { TimelineDragging: Dragging });
})();
