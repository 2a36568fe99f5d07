/* Moving lines: dragged onto another line, or put below one that is looked up by name (the keyboard's way).
   The server is asked first whether it fits: nothing stands below itself. */
(() => {
  const { hierarchySay: say, hierarchyNode: node } = window.rounds;
  const START_PX = 5;
  const HOLD_MS = 350;
  const OPEN_MS = 700; // a folded line opens when something is held over it

  class Moving {
    constructor(view) {
      this.view = view;
      this.now = null;
      this.dialog = view.root.querySelector("#hi-dialog");
      this.tip = view.root.appendChild(node("div", "hi-tip"));
      this.tip.hidden = true;
      const { root } = view;
      root.addEventListener("pointerdown", (event) => this.down(event));
      root.addEventListener("pointermove", (event) => this.over(event));
      root.addEventListener("pointerup", (event) => this.up(event));
      root.addEventListener("pointercancel", () => this.end());
      root.addEventListener("touchmove", (event) => { if (this.now?.begun) event.preventDefault(); }, { passive: false });
      root.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.now) { event.preventDefault(); this.end(); } });
      root.addEventListener("click", (event) => { if (this.eaten) { event.preventDefault(); event.stopPropagation(); } this.eaten = false; }, true);
      const find = this.dialog?.querySelector("input");
      find?.addEventListener("input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.look(find.value), 200); });
      this.dialog?.addEventListener("click", (event) => this.chosen(event));
      this.dialog?.addEventListener("keydown", (event) => this.walk(event));
    }

    /* ---- by pointer --------------------------------------------------------------------------------- */

    down(event) {
      this.eaten = false;
      const row = event.target.closest(".hi-row.is-movable");
      if (!row || event.button !== 0 || event.target.closest("button, input, .chip")) return;
      this.end();
      this.now = { row, line: this.view.lines.find(row.dataset.key), x: event.clientX, y: event.clientY, pointer: event.pointerId };
      if (event.pointerType === "touch") this.now.hold = setTimeout(() => this.begin(), HOLD_MS);
    }

    begin() {
      this.now.begun = true;
      this.view.root.classList.add("is-dragging");
      this.now.row.classList.add("is-held");
      this.view.root.setPointerCapture?.(this.now.pointer);
      this.tip.textContent = this.now.line.title;
    }

    over(event) {
      const { now } = this;
      if (!now || event.pointerId !== now.pointer) return;
      if (!now.begun) {
        const far = Math.hypot(event.clientX - now.x, event.clientY - now.y);
        if (now.hold && far > START_PX * 2) { this.end(); return; }
        if (now.hold || far < START_PX) return;
        this.begin();
      }
      const box = this.view.root.getBoundingClientRect();
      this.tip.hidden = false;
      const left = Math.max(8, Math.min(box.width - this.tip.offsetWidth - 8, event.clientX - box.left + 14));
      Object.assign(this.tip.style, { left: `${left}px`, top: `${event.clientY - box.top + 10}px` });
      this.aim(document.elementFromPoint(event.clientX, event.clientY));
    }

    /** The line that would take it; the head of the table stands for the top. */
    aim(found) {
      const { now } = this;
      const target = found?.closest(".hi-row, .hi-table thead");
      if (target === now.target) return;
      now.target?.classList.remove("is-target");
      clearTimeout(now.opens);
      now.target = target && target !== now.row ? target : null;
      now.target?.classList.add("is-target");
      const line = now.target?.dataset.key && this.view.lines.find(now.target.dataset.key);
      this.tip.textContent = now.target ? (line ? `${now.line.title} → ${line.title}` : `${now.line.title} → ${this.view.words.topHere}`) : now.line.title;
      if (line && !line.open && line.children) now.opens = setTimeout(() => this.view.fold(line, true), OPEN_MS);
    }

    up(event) {
      const { now } = this;
      if (!now || event.pointerId !== now.pointer) return;
      this.end();
      if (!now.begun) return;
      if (!now.target) return;
      const under = now.target.dataset.key ? this.view.lines.find(now.target.dataset.key) : null;
      this.put(now.line, under);
    }

    end() {
      const { now } = this;
      this.now = null;
      this.eaten = Boolean(now?.begun);
      this.tip.hidden = true;
      clearTimeout(now?.hold);
      clearTimeout(now?.opens);
      this.view.root.classList.remove("is-dragging");
      now?.row.classList.remove("is-held");
      now?.target?.classList.remove("is-target");
    }

    /* ---- by name ---------------------------------------------------------------------------------------- */

    ask(line) {
      if (!line.moves) { window.rounds.toast({ text: this.view.words.fixed, kind: "attention" }); return; }
      this.line = line;
      this.dialog.querySelector("[data-title]").textContent = line.title;
      this.fault("");
      this.dialog.querySelector("input").value = "";
      this.look("");
      this.dialog.showModal();
    }

    fault(text) {
      const error = this.dialog.querySelector("[data-error]");
      error.hidden = !text;
      error.textContent = text;
    }

    async look(text) {
      const { table, parent } = this.view.setup;
      const mine = this.looking = (this.looking || 0) + 1;
      const { data } = await window.rounds.fetch(`/r/${table}/pick?field=${parent}&q=${encodeURIComponent(text.trim())}`);
      if (mine !== this.looking || !Array.isArray(data)) return;
      const items = data.filter((one) => one.id !== this.line.id).map((one) => {
        const button = node("button", "menu-item");
        button.type = "button";
        button.dataset.under = one.id;
        button.append(node("span", "grow truncate", one.text), node("span", "muted small", one.note));
        const item = node("li");
        item.append(button);
        return item;
      });
      this.dialog.querySelector("[data-found]").replaceChildren(...(items.length ? items : [node("li", "muted", this.view.words.nothing)]));
    }

    async chosen(event) {
      const button = event.target.closest("[data-under]");
      if (!button) return;
      const name = button.querySelector(".grow").textContent;
      const why = await this.put(this.line, { id: Number(button.dataset.under), title: name }, true);
      this.fault(why || "");
      if (!why) this.dialog.close();
    }

    walk(event) {
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      const stops = [this.dialog.querySelector("input"), ...this.dialog.querySelectorAll("[data-under]")];
      stops[(stops.indexOf(document.activeElement) + way + stops.length) % stops.length].focus();
    }

    /* ---- writing ------------------------------------------------------------------------------------------ */

    /** Put a line below another (below none: at the top); the reason where it may not, "" where it is done. */
    put(line, under, quiet = false) {
      const run = () => this.move(line, under, quiet);
      this.last = (this.last || Promise.resolve()).then(run, run);
      return this.last;
    }

    async move(line, under, quiet) {
      const { view } = this;
      const refuse = (why) => { if (!quiet) window.rounds.toast({ text: why, kind: "attention" }); return why; };
      if (under && line.parent.id === under.id) return "";
      if (under) {
        const { ok, data } = await view.ask("fits", { record: line.id, under: under.id });
        if (!ok) return refuse(data?.error || view.words.refused);
        if (!data.fits) return refuse(data.why);
      }
      const kept = view.setup.single ? [] : line.above.filter((one) => one !== line.parent.id);
      const values = { [view.setup.parent]: under ? [...kept, under.id] : kept };
      const { ok, status, data } = await window.rounds.write(view.href(line), values, line.rev);
      if (!ok) {
        if (status === 409) view.refresh();
        return [409, 422].includes(status) ? refuse(data?.error || view.words.refused) : data?.error || view.words.refused;
      }
      Object.assign(line, { above: values[view.setup.parent], parent: under || view.lines.top }); // for who moves it on at once
      const text = under ? say(view.words.moved, { name: under.title }) : view.words.raised;
      if (data.change) window.rounds.undoToast(text, view.words, data.change, { table: view.setup.table });
      view.refresh({ show: under?.id });
      return "";
    }
  }

  Object.assign(window.rounds, { HierarchyMoving: Moving });
})();
