/* Filter: a condition built from fields, comparisons and values; groups one level deep.
   new rounds.Filter(box, about, {change}): `about` is what /v/<id>/builder answers. */
(() => {
  const make = (tag, attributes = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), attributes);
    node.append(...inside);
    return node;
  };
  const isGroup = (one) => one && typeof one === "object" && (Array.isArray(one.all) || Array.isArray(one.any));
  const isLeaf = (one) => one && typeof one === "object" && "field" in one && "op" in one;

  const LISTS = { is: "any_of", is_not: "none_of" };

  /** A condition as rows: {conj, items}; an item is a leaf, a group of leaves, or something opaque.
      `known` says whether a leaf's field and operator are offered here; what is not stays as it is. */
  function toRows(condition, known) {
    if (condition === null || condition === undefined || condition === true) return { conj: "all", items: [] };
    const item = (one) => {
      if (isLeaf(one)) return known(one) ? { leaf: { ...one } } : { opaque: one };
      const conj = one?.all ? "all" : "any";
      return isGroup(one) && one[conj].every(isLeaf) ? { conj, items: one[conj].map(item) } : { opaque: one };
    };
    if (!isGroup(condition)) return { conj: "all", items: [item(condition)] };
    const conj = condition.all ? "all" : "any";
    const parts = condition[conj].flatMap((one) => (isGroup(one) && one[conj] ? one[conj] : [one]));
    return { conj, items: parts.map(item) };
  }

  class Filter {
    constructor(box, about, { change, words }) {
      Object.assign(this, { box, about, change, words });
      this.byId = new Map(about.fields.map((field) => [field.id, field]));
      this.rows = toRows(about.filter, (leaf) => this.operator(leaf) !== null);
      this.draw();
    }

    /** The condition as it stands; unfinished rows are left out; null for none. */
    condition(rows = this.rows) {
      const parts = rows.items.map((one) => this.part(one)).filter((one) => one !== null);
      if (!parts.length) return null;
      return parts.length === 1 && isGroup(parts[0]) ? parts[0] : { [rows.conj]: parts };
    }

    part(one) {
      if ("opaque" in one) return one.opaque;
      if (one.items) return this.condition(one);
      const operator = this.operator(one.leaf);
      if (!operator) return null;
      const { field, op, value } = one.leaf;
      if (operator.operand === "none") return { field, op };
      const empty = value === undefined || value === null || value === "" || (Array.isArray(value) && (!value.length || value.includes("")));
      return empty ? null : { field, op, value };
    }

    operator(leaf) {
      const field = this.byId.get(Number(leaf.field));
      const offered = field ? this.about.ops[field.family] : [];
      return offered.find((one) => one.key === this.listed(leaf, field).op) || null;
    }

    /** "is" and "is not" of one choice, person or department are lists of one here. */
    listed(leaf, field) {
      if (field?.family === "one" && leaf.op in LISTS) Object.assign(leaf, { op: LISTS[leaf.op], value: [].concat(leaf.value ?? []) });
      return leaf;
    }

    add({ group = false, field = null } = {}) {
      const first = field || this.about.fields[0]?.id;
      const leaf = { leaf: { field: first, op: this.about.ops[this.byId.get(first).family][0].key } };
      this.rows.items.push(group ? { conj: "any", items: [leaf] } : leaf);
      this.draw();
      this.box.querySelector(".cond:last-child [data-operand] :is(input, select, button)")?.focus();
      this.change();
    }

    changed({ redraw = false } = {}) {
      if (redraw) this.draw();
      this.change();
    }

    /* ---- drawing --------------------------------------------------------------------------- */

    draw() {
      for (const select of this.box.querySelectorAll("select.tomselected")) select.tomselect?.destroy();
      this.box.replaceChildren(...this.lines(this.rows));
      window.rounds.choose?.(this.box);
    }

    lines(rows) {
      return rows.items.map((one, at) => {
        const line = make("div", { className: "cond" }, this.conjunction(rows, at));
        if (one.items) {
          const group = make("div", { className: "cond-group" }, ...this.lines(one));
          const more = make("button", { type: "button", className: "btn btn-sm btn-quiet", textContent: `+ ${this.words.condition}` });
          more.addEventListener("click", () => { one.items.push({ leaf: this.fresh() }); this.changed({ redraw: true }); });
          group.append(more);
          line.append(group);
        } else if (one.leaf) line.append(...this.leaf(one));
        else line.append(make("span", { className: "muted grow", textContent: this.words.made }));
        line.append(this.remover(rows, at));
        return line;
      });
    }

    fresh() {
      const field = this.about.fields[0];
      return { field: field.id, op: this.about.ops[field.family][0].key };
    }

    conjunction(rows, at) {
      if (at === 0) return make("span", { className: "cond-word", textContent: this.words.where });
      if (at > 1) return make("span", { className: "cond-word", textContent: this.words[rows.conj === "all" ? "and" : "or"] });
      const select = this.select(this.words.both, [["all", this.words.and], ["any", this.words.or]], rows.conj);
      select.classList.add("cond-word");
      select.addEventListener("change", () => { rows.conj = select.value; this.changed({ redraw: true }); });
      return select;
    }

    remover(rows, at) {
      const button = make("button", { type: "button", className: "btn btn-quiet btn-icon btn-sm", textContent: "×" });
      button.setAttribute("aria-label", this.words.remove);
      button.addEventListener("click", () => { rows.items.splice(at, 1); this.changed({ redraw: true }); });
      return button;
    }

    select(label, options, value) {
      const select = make("select", { className: "select" });
      select.setAttribute("aria-label", label);
      for (const [key, word] of options) select.append(make("option", { value: key, textContent: word, selected: String(key) === String(value) }));
      return select;
    }

    leaf(one) {
      const { leaf } = one;
      const field = this.byId.get(Number(leaf.field));
      const fields = this.select(this.words.field, this.about.fields.map((each) => [each.id, each.name]), leaf.field);
      fields.addEventListener("change", () => {
        const chosen = this.byId.get(Number(fields.value));
        one.leaf = { field: chosen.id, op: this.about.ops[chosen.family][0].key };
        this.changed({ redraw: true });
      });
      if (!field) return [fields];
      const operators = this.select(this.words.operator, this.about.ops[field.family].map((each) => [each.key, each.word]), leaf.op);
      operators.addEventListener("change", () => {
        const before = this.operator(leaf)?.operand;
        leaf.op = operators.value;
        if (this.operator(leaf).operand !== before) delete leaf.value;
        this.changed({ redraw: true });
      });
      const operand = make("span", { className: "cond-operand" });
      operand.dataset.operand = "";
      const kind = this.operator(leaf)?.operand;
      if (kind === "range") operand.append(...this.span(leaf));
      else if (kind && kind !== "none") operand.append(...this.value(leaf, field));
      return [fields, operators, operand];
    }

    /* ---- operands ---------------------------------------------------------------------------- */

    value(leaf, field) {
      if (field.options) return [this.many(leaf, field.options.map((one) => [one.id, one.text, one.color]))];
      if (field.widget === "person" || field.widget === "department") return [...this.variables(leaf, field), this.remote(leaf, field, field.widget === "person" ? "/people/pick" : "/departments/pick")];
      if (field.widget === "link") return [this.remote(leaf, field, `/r/${this.about.table}/pick?field=${field.id}`)];
      const input = make("input", { className: "input", value: leaf.value ?? "", autocomplete: "off" });
      if (field.family === "number") input.inputMode = "decimal";
      input.setAttribute("aria-label", this.words.value);
      input.addEventListener("input", () => { leaf.value = input.value.trim(); this.changed(); });
      return [input];
    }

    /** Several of a few: options known here. */
    many(leaf, options) {
      const select = make("select", { className: "select form-select", multiple: true });
      select.dataset.choose = "";
      select.setAttribute("aria-label", this.words.value);
      const taken = [].concat(leaf.value ?? []).map(String);
      for (const [id, text, color] of options) {
        const option = make("option", { value: id, textContent: text, selected: taken.includes(String(id)) });
        if (color) option.dataset.color = color;
        select.append(option);
      }
      select.addEventListener("change", () => { leaf.value = [...this.vars(leaf), ...[...select.selectedOptions].map((one) => Number(one.value))]; this.changed(); });
      return select;
    }

    /** Several of many: the server is asked. */
    remote(leaf, field, src) {
      const names = this.about.names[field.id] || {};
      const ids = [].concat(leaf.value ?? []).filter((one) => typeof one !== "object");
      const select = this.many(leaf, ids.map((id) => [id, names[id] || `#${id}`]));
      select.dataset.src = src;
      select.addEventListener("change", () => { for (const one of select.selectedOptions) (this.about.names[field.id] ||= {})[one.value] = one.textContent; });
      return select;
    }

    vars(leaf) { return [].concat(leaf.value ?? []).filter((one) => one && typeof one === "object"); }

    /** "me", "my department": buttons beside the picker. */
    variables(leaf, field) {
      return (this.about.variables[field.widget] || []).map(({ var: name, text }) => {
        const on = this.vars(leaf).some((one) => one.var === name);
        const chip = make("button", { type: "button", className: "chip", textContent: text });
        chip.setAttribute("aria-pressed", String(on));
        chip.addEventListener("click", () => {
          const rest = [].concat(leaf.value ?? []).filter((one) => one?.var !== name);
          leaf.value = on ? rest : [{ var: name }, ...rest];
          this.changed({ redraw: true });
        });
        return chip;
      });
    }

    /** Days: a named span, one day, the last or next so many days, or from … to. */
    span(leaf) {
      const value = leaf.value;
      const kind = value === undefined ? "" : Array.isArray(value) ? "range" : typeof value === "object" ? Object.keys(value)[0]
        : this.about.spans.some((one) => one.key === value) ? value : "day";
      const options = [["", this.words.choose], ...this.about.relative.map((one) => [one.key, one.word]), ...this.about.spans.map((one) => [one.key, one.word])];
      const select = this.select(this.words.value, options, kind);
      select.addEventListener("change", () => {
        const chosen = select.value;
        leaf.value = { "": undefined, day: "", range: ["", ""], last_days: { last_days: 30 }, next_days: { next_days: 30 } }[chosen] ?? (chosen || undefined);
        leaf.shape = chosen;
        this.changed({ redraw: true });
      });
      const shape = leaf.shape || kind;
      if (shape === "day") return [select, this.day(value || "", (text) => { leaf.value = text; })];
      if (shape === "range") return [select, ...[0, 1].map((at) => this.day(value?.[at] || "", (text) => { leaf.value[at] = text; }, at ? this.words.last : this.words.first))];
      if (shape === "last_days" || shape === "next_days") return [select, this.count(leaf, shape)];
      return [select];
    }

    day(value, put, label = this.words.value) {
      const input = make("input", { className: "input", type: "date", value });
      input.setAttribute("aria-label", label);
      input.addEventListener("change", () => { put(input.value); this.changed(); });
      return input;
    }

    count(leaf, shape) {
      const input = make("input", { className: "input cond-days", type: "number", min: 1, max: 4000, value: leaf.value?.[shape] ?? 30 });
      input.setAttribute("aria-label", this.words.days);
      input.addEventListener("input", () => { if (Number(input.value) > 0) { leaf.value = { [shape]: Math.round(Number(input.value)) }; this.changed(); } });
      return input;
    }
  }

  window.rounds.Filter = Filter;
})();
