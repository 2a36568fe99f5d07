/* Show-if editor: one question's condition as a few lines of question, comparison and value.
   What it cannot show as such lines (nested conditions) it leaves as it was, in words. */
(() => {
  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
    node.append(...children);
    return node;
  };
  const option = (value, text, selected = false) => make("option", { value, selected }, text);
  const select = (label, options) => make("select", { class: "select input-sm", "aria-label": label }, ...options);

  /** The lines of a stored condition: {mode, lines}; null when it is more than lines can say. */
  function linesOf(condition) {
    if (condition === null || condition === true) return { mode: "all", lines: [] };
    if (condition.field) return { mode: "all", lines: [condition] };
    const mode = condition.all ? "all" : condition.any ? "any" : null;
    return mode && condition[mode].every((one) => one.field) ? { mode, lines: condition[mode] } : null;
  }

  /* One of one is the same as being it: the editor offers only the former for choices. */
  const PLURAL = { is: "any_of", is_not: "none_of" };
  const plural = (leaf, field) => (field?.family === "one" && PLURAL[leaf.op]
    ? { ...leaf, op: PLURAL[leaf.op], value: [leaf.value].flat() } : leaf);

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  window.rounds.showIfEditor = (words, about) => {
    const fieldOf = (id) => about.fields.find((one) => one.id === Number(id));
    /* Records and colleagues are too many to offer here: that something is chosen can be asked. */
    const offered = (field) => about.ops[field.family].filter((one) =>
      field.widget !== "link" || one.operand === "none");

    /* ---- the value of one line ------------------------------------------------------------------- */

    function choicesOf(field) {
      const variables = (about.variables[field.widget] || []).map((one) => ({ value: { var: one.var }, text: one.text }));
      const options = (field.options || []).map((one) => ({ value: one.id, text: one.text }));
      return [...variables, ...options];
    }

    function known(field, value) {
      const names = about.names[field.id] || {};
      return Object.entries(names).filter(([id]) => [value].flat().includes(Number(id)))
        .map(([id, text]) => ({ value: Number(id), text }));
    }

    function chooser(field, op, value) {
      const given = [value].flat();
      const offers = [...choicesOf(field), ...known(field, value)].map(({ value: one, text }) =>
        option(JSON.stringify(one), text, given.some((other) => same(other, one))));
      const box = select(words.value, offers);
      box.dataset.value = op.operand;
      if (op.operand === "values") { box.multiple = true; box.dataset.choose = ""; }
      return box;
    }

    function spans(value) {
      const named = about.spans.some((one) => one.key === value);
      const box = select(words.value, about.spans.map((one) => option(one.key, one.word, one.key === value)));
      box.append(option("", "…", !named && value));
      const day = make("input", { type: "date", class: "input input-sm", "aria-label": words.value });
      if (!named && value) day.value = value;
      const show = () => { day.hidden = box.value !== ""; };
      box.addEventListener("change", show);
      show();
      return make("span", { class: "line", "data-value": "range" }, box, day);
    }

    function typedValue(field, value) {
      return make("input", {
        class: "input input-sm", "aria-label": words.value, "data-value": "text", maxlength: 200,
        inputmode: field.family === "number" ? "decimal" : null, value: value ?? "",
      });
    }

    function valueControl(field, op, value) {
      if (op.operand === "none") return make("span");
      if (op.operand === "range") return spans(value);
      return choicesOf(field).length ? chooser(field, op, value) : typedValue(field, value);
    }

    function readValue(line) {
      const control = line.querySelector("[data-value]");
      if (!control) return undefined;
      if (control.dataset.value === "range") return control.querySelector("select").value || control.querySelector("input").value;
      if (control.dataset.value === "text") return control.value;
      const chosen = [...control.selectedOptions].map((one) => JSON.parse(one.value));
      return control.multiple ? chosen : chosen[0];
    }

    /* ---- one line ------------------------------------------------------------------------------------ */

    function lineOf(stored, above, changed) {
      const field = fieldOf(stored.field) || above[0];
      const leaf = plural(stored, field);
      const fields = above.some((one) => one.id === field.id) ? above : [...above, field];
      const asked = select(words.field, fields.map((one) => option(one.id, one.name, one.id === field.id)));
      const ops = select(words.op, offered(field).map((one) => option(one.key, one.word, one.key === leaf.op)));
      const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-sm", "aria-label": words.remove }, "×");
      const line = make("div", { class: "show-if-line" }, asked, ops, drop);
      const setValue = (value) => {
        line.querySelector("[data-slot]")?.remove();
        const op = offered(fieldOf(asked.value)).find((one) => one.key === ops.value);
        const slot = make("span", { "data-slot": true, class: "grow" }, valueControl(fieldOf(asked.value), op, value));
        drop.before(slot);
        window.rounds.choose(slot);
      };
      setValue(leaf.value);
      asked.addEventListener("change", () => {
        ops.replaceChildren(...offered(fieldOf(asked.value)).map((one) => option(one.key, one.word)));
        setValue();
      });
      ops.addEventListener("change", () => setValue(readValue(line)));
      drop.addEventListener("click", () => { line.remove(); changed(); });
      return line;
    }

    function readLine(line) {
      const [asked, ops] = line.querySelectorAll(":scope > select");
      const value = readValue(line);
      return { field: Number(asked.value), op: ops.value, ...(value === undefined ? {} : { value }) };
    }

    /* ---- the whole ------------------------------------------------------------------------------------- */

    /** Show ``box``'s condition (data-show) over the questions ``above``; ``changed`` is told of edits. */
    function open(box, above, changed) {
      const fields = above.map(fieldOf).filter((one) => one && offered(one).length);
      const stored = JSON.parse(box.dataset.show);
      const parts = linesOf(stored);
      box.replaceChildren();
      if (!parts) { foreign(box, changed); return; }
      const lines = make("div", { class: "show-if-lines" });
      const mode = select(words.only, [option("all", words.all, parts.mode === "all"), option("any", words.any, parts.mode === "any")]);
      const head = make("p", { class: "show-if-head" });
      const add = make("button", { type: "button", class: "btn btn-sm" }, words.add);
      const told = () => {
        const count = lines.children.length;
        head.replaceChildren(count ? `${words.only} ` : words.always, ...(count > 1 ? [mode] : []));
        store();
      };
      const store = () => {
        const leaves = [...lines.children].map(readLine);
        box.dataset.show = JSON.stringify(leaves.length > 1 ? { [mode.value]: leaves } : leaves[0] ?? null);
        changed();
      };
      add.addEventListener("click", () => {
        const last = fields[fields.length - 1];
        lines.append(lineOf({ field: last.id, op: offered(last)[0].key }, fields, told));
        told();
      });
      add.hidden = !fields.length;
      for (const leaf of parts.lines) lines.append(lineOf(leaf, fields, told));
      box.append(head, lines, fields.length ? add : make("p", { class: "help" }, words.nothing_above));
      box.onchange = box.oninput = store;
      head.replaceChildren(lines.children.length ? `${words.only} ` : words.always, ...(lines.children.length > 1 ? [mode] : []));
    }

    function foreign(box, changed) {
      const said = about.said[box.closest("[data-field]").dataset.field] || "";
      const drop = make("button", { type: "button", class: "btn btn-sm" }, words.drop);
      drop.addEventListener("click", () => { box.dataset.show = "null"; box.replaceChildren(words.always); changed(); });
      box.append(make("p", { class: "help" }, words.other.replace("{condition}", said)), drop);
    }

    return { open };
  };
})();
