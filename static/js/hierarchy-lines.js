/* Lines of a hierarchy: the tree that is open, kept as plain objects, and drawn as rows of a table. A line is
   {id, title, …, key, level, parent, open, lines, more}; its key is the way to it from the top. */
(() => {
  const phone = matchMedia("(max-width: 768px)");
  const say = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function node(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  class Lines {
    constructor(view) {
      this.view = view;
      this.words = view.words;
      this.body = view.root.querySelector("[data-lines]");
      this.top = { key: "", level: 0, lines: [], open: true, more: 0 };
    }

    /** What came from the server as lines below `parent`; one that stands above already ends the way. */
    put(parent, found, more) {
      const above = new Set();
      for (let one = parent; one.parent; one = one.parent) above.add(one.id);
      const known = new Map(parent.lines?.map((one) => [one.id, one]));
      const made = found.map((one) => {
        const kept = known.get(one.id);
        const again = above.has(one.id);
        return Object.assign(kept || { open: false, lines: null, more: 0 }, one, { again, parent, level: parent.level + 1, key: `${parent.key}/${one.id}` });
      });
      parent.more = more;
      return made;
    }

    /** The lines in sight from top to bottom, with what asks for more. */
    *walk(parent = this.top) {
      for (const [at, line] of parent.lines.entries()) {
        yield { line, at, of: parent.lines.length };
        if (line.open && line.lines) yield* this.walk(line);
      }
      if (parent.more) yield { more: parent };
      if (parent.adding) yield { adding: parent };
    }

    draw() {
      if (!this.body) return;
      const kept = document.activeElement?.closest?.("[data-key]")?.dataset.key;
      const typing = this.body.querySelector("[data-adding] :focus");
      const rows = [...this.walk()].map((one) => (one.more ? this.moreRow(one.more) : one.adding ? this.addRow(one.adding) : this.row(one)));
      this.body.replaceChildren(...rows);
      if (typing?.isConnected) typing.focus({ preventScroll: true });
      const active = kept || this.view.active;
      const row = this.rowOf(active) || this.body.querySelector("[data-key]");
      if (row) { row.tabIndex = 0; this.view.active = row.dataset.key; }
      if (kept && row) row.focus({ preventScroll: true });
    }

    rowOf(key) { return key ? this.body?.querySelector(`[data-key="${CSS.escape(key)}"]`) : null; }

    row({ line, at, of }) {
      const { words } = this;
      const row = node("tr", `hi-row${line.grey ? " is-grey" : ""}${line.moves ? " is-movable" : ""}${line.color}`);
      Object.assign(row, { tabIndex: -1, role: "row", ariaLevel: String(line.level), ariaPosInSet: String(at + 1), ariaSetSize: String(of) });
      row.dataset.key = line.key;
      const folds = line.children > 0 && !line.again;
      if (folds) row.ariaExpanded = String(line.open);
      const cell = node("th", "hi-name");
      cell.scope = "row";
      cell.setAttribute("role", "rowheader");
      const box = node("div", "hi-name-box");
      box.style.paddingInlineStart = `${(line.level - 1) * (phone.matches ? 14 : 22)}px`;
      box.append(this.foldButton(line, folds), this.link(line));
      if (line.below) box.append(Object.assign(node("span", "hi-count", String(line.below)), { title: say(words.below, { n: line.below }) }));
      if (line.ring || line.again) box.append(node("span", "state is-attention", line.again ? words.again : words.ring));
      cell.append(box);
      row.append(cell);
      if (this.view.setup.figure) row.append(this.cell("hi-figure", line.figure, line.note));
      line.cells.forEach((html, place) => row.append(this.cell(`hi-beside${this.view.setup.columns[place]?.align === "end" ? " num" : ""}`, html)));
      row.append(this.actions(line));
      return row;
    }

    foldButton(line, folds) {
      const button = node("button", "hi-fold");
      button.type = "button";
      button.tabIndex = -1;
      button.dataset.branch = line.key;
      button.setAttribute("aria-label", say(this.words.folding, { name: line.title }));
      button.disabled = !folds;
      if (!folds) button.setAttribute("aria-hidden", "true");
      return button;
    }

    link(line) {
      const link = node("a", "hi-title", line.title);
      link.href = this.view.href(line);
      link.title = line.title;
      link.tabIndex = -1;
      link.draggable = false;
      link.dataset.record = line.id; // opens in the panel
      return link;
    }

    cell(name, html, note) {
      const cell = node("td", name);
      cell.setAttribute("role", "gridcell");
      cell.innerHTML = html; // escaped by the server
      if (note) cell.title = note;
      return cell;
    }

    actions(line) {
      const cell = node("td", "hi-act");
      cell.setAttribute("role", "gridcell");
      const button = node("button", "btn btn-quiet btn-icon btn-sm", "⋯");
      button.type = "button";
      button.tabIndex = -1;
      button.dataset.actions = line.key;
      button.setAttribute("popovertarget", "hi-menu");
      button.setAttribute("aria-label", say(this.words.actions, { name: line.title }));
      cell.append(button);
      return cell;
    }

    wide(row, inside, level) {
      const cell = node("td", "hi-wide");
      cell.colSpan = 20;
      cell.setAttribute("role", "gridcell");
      const box = node("div", "hi-name-box");
      box.style.paddingInlineStart = `${level * (phone.matches ? 14 : 22) + 26}px`;
      box.append(inside);
      cell.append(box);
      row.setAttribute("role", "row");
      row.append(cell);
      return row;
    }

    moreRow(parent) {
      const button = node("button", "btn btn-sm btn-quiet", this.words.more);
      button.type = "button";
      button.dataset.more = parent.key;
      return this.wide(node("tr"), button, parent.level);
    }

    /** A line to type the name of a new record into. */
    addRow(parent) {
      const there = this.body.querySelector(`[data-adding="${CSS.escape(parent.key)}"]`);
      if (there) return there.closest("tr"); // with what is typed in it
      const form = node("form", "hi-add");
      form.dataset.adding = parent.key;
      const input = node("input", "input");
      const label = parent.parent ? say(this.words.add, { name: parent.title }) : this.words.addTop;
      Object.assign(input, { name: "title", maxLength: 500, placeholder: label, autocomplete: "off" });
      input.setAttribute("aria-label", label);
      const error = node("p", "error");
      error.hidden = true;
      error.setAttribute("role", "status");
      form.append(input, error);
      return this.wide(node("tr"), form, parent.level);
    }

    find(key, top = this.top) {
      if (key === "") return top;
      for (const { line } of this.walk(top)) if (line?.key === key) return line;
      return null;
    }
  }

  Object.assign(window.rounds, { HierarchyLines: Lines, hierarchySay: say, hierarchyNode: node });
})();
