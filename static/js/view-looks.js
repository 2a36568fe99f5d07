/* View looks: groups, colour rules, heights and frozen columns, chosen in menus of the toolbar. */
(() => {
  const tools = () => window.rounds.viewTools;
  const about = () => tools().about();
  const box = (name) => document.querySelector(`[data-${name}-rows]`);
  const MOST = { levels: 3, rules: 20, frozen: 5 };

  function button(label, text, run, disabled = false) {
    const made = tools().node("button", { type: "button", className: "btn btn-quiet btn-icon btn-sm", textContent: text, disabled });
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", run);
    return made;
  }

  /** Buttons that move an item of a list up and take it out. */
  function movers(list, at, changed) {
    const { up, remove } = tools().words();
    return tools().node("span", { className: "look-movers" },
      button(up, "↑", () => { list.splice(at - 1, 0, ...list.splice(at, 1)); changed(); }, at === 0),
      button(remove, "×", () => { list.splice(at, 1); changed(); }));
  }

  /* ---- groups ------------------------------------------------------------------------------------ */

  const byId = (id) => about().fields.find((one) => one.id === id);
  const levels = () => about().group_by;

  function drawLevels() {
    const words = tools().words();
    const fields = about().fields.filter((one) => one.groups);
    box("group")?.replaceChildren(...levels().map((level, at) => {
      const free = fields.filter((one) => one.id === level.field || !levels().some((other) => other.field === one.id));
      const parts = [tools().selectOf(words.field, free.map((one) => [one.id, one.name]), level.field, (value) => { level.field = Number(value); levelsChanged(); })];
      if (byId(level.field)?.family === "time")
        parts.push(tools().selectOf(words.bucket, about().buckets.map((one) => [one.key, one.word]), level.bucket, (value) => { level.bucket = value; levelsChanged(); }));
      parts.push(tools().selectOf(words.direction, [["", words.rising], ["1", words.falling]], level.desc ? "1" : "", (value) => { level.desc = value === "1"; levelsChanged(); }));
      return tools().node("div", { className: "cond" }, ...parts, movers(levels(), at, levelsChanged));
    }));
    const add = document.querySelector("[data-add-level]");
    if (add) add.hidden = levels().length >= MOST.levels;
    for (const one of document.querySelectorAll("[data-fold]")) one.hidden = !levels().length;
  }

  function levelsChanged() {
    drawLevels();
    const one = ({ field, desc, bucket }) => `${desc ? "-" : ""}${field}${byId(field)?.family === "time" ? `:${bucket}` : ""}`;
    tools().apply({ group: levels().map(one).join(",") });
  }

  function addLevel(field) {
    const fields = about().fields.filter((one) => one.groups && !levels().some((level) => level.field === one.id));
    const usual = fields.find((one) => one.options) || fields[0];
    const found = field ? fields.find((one) => one.id === field) : usual;
    if (!found || levels().length >= MOST.levels) return;
    levels().push({ field: found.id, desc: false, bucket: "month" });
    levelsChanged();
  }

  /* ---- colours ------------------------------------------------------------------------------------- */

  let layer = ""; // the key of the table whose records are coloured; "" is the view's own
  const painted = () => (layer ? about().beside[layer] : about());
  const rules = () => painted().colors;

  function colorsChanged({ draw = true } = {}) {
    if (draw) drawRules();
    const whole = rules().filter((rule) => "by" in rule || rule.when !== null);
    tools().later(`colors${layer}`, () => tools().apply({ [layer ? `colors.${layer}` : "colors"]: JSON.stringify(whole) }));
  }

  /** The fields and rules of a further table on a calendar are asked for when it is chosen. */
  async function chooseLayer(key) {
    layer = key;
    about().beside ||= {};
    if (key && !about().beside[key]) {
      const { data } = await window.rounds.fetch(`/v/${tools().words().view}/builder?${new URLSearchParams({ ...Object.fromEntries(new URL(location.href).searchParams), layer: key })}`);
      if (!data?.fields) return;
      about().beside[key] = data;
    }
    if (layer === key) drawRules();
  }

  function drawRules() {
    const target = box("color");
    if (!target) return;
    if (layer && !about().beside?.[layer]) layer = "";
    const by = document.querySelector("[data-add-by]");
    if (by) by.hidden = !painted().fields.some((one) => one.colors);
    target.replaceChildren(...rules().map(ruleOf));
    window.rounds.choose?.(target);
  }

  function ruleOf(rule, at) {
    const { node } = tools();
    const words = tools().words();
    const line = node("div", { className: "look-rule" });
    const head = node("div", { className: "cond" });
    if ("by" in rule) {
      const fields = painted().fields.filter((one) => one.colors).map((one) => [one.id, one.name]);
      head.append(node("span", { className: "look-word", textContent: words.by }),
        tools().selectOf(words.field, fields, rule.by, (value) => { rule.by = Number(value); colorsChanged(); }));
    } else head.append(swatches(rule, at));
    head.append(...paintsOf(rule), movers(rules(), at, colorsChanged));
    line.append(head);
    if (!("by" in rule)) line.append(conditionOf(rule));
    return line;
  }

  function swatches(rule, at) {
    const { node } = tools();
    const group = node("span", { className: "swatches" });
    group.setAttribute("role", "radiogroup");
    group.setAttribute("aria-label", tools().words().color);
    for (const { key: color, word } of about().palette) {
      const input = node("input", { type: "radio", name: `rule-color-${at}`, value: color, checked: color === rule.color });
      input.setAttribute("aria-label", word);
      input.title = word;
      input.addEventListener("change", () => { rule.color = color; colorsChanged({ draw: false }); });
      group.append(node("label", { className: `swatch tag-${color}` }, input));
    }
    return group;
  }

  function paintsOf(rule) {
    const words = tools().words();
    if (about().paints.length < 2) return [];
    const paint = tools().selectOf(words.paint, about().paints.map((one) => [one.key, one.word]), rule.paint, (value) => {
      rule.paint = value;
      if (value === "cell") rule.field ||= about().fields[0].id; else delete rule.field;
      colorsChanged();
    });
    if (rule.paint !== "cell") return [paint];
    const fields = about().fields.map((one) => [one.id, one.name]);
    return [paint, tools().selectOf(words.field, fields, rule.field, (value) => { rule.field = Number(value); colorsChanged(); })];
  }

  /** The condition of a rule, in the builder that filters use. */
  function conditionOf(rule) {
    const place = tools().node("div", { className: "look-when" });
    const given = { ...painted(), table: painted().table ?? about().table, filter: rule.when, names: { ...painted().color_names, ...painted().names } };
    const builder = new window.rounds.Filter(place, given, {
      words: tools().words(),
      change: () => { rule.when = builder.condition(); colorsChanged({ draw: false }); },
    });
    const { node, words } = tools();
    const more = node("button", { type: "button", className: "btn btn-sm btn-quiet", textContent: `+ ${words().condition}` });
    more.addEventListener("click", () => builder.add());
    if (!builder.rows.items.length) { builder.rows.items.push({ leaf: builder.fresh() }); builder.draw(); }
    return node("div", {}, place, more);
  }

  function addRule(rule) {
    if (rules().length >= MOST.rules) return;
    rules().push(rule);
    if ("by" in rule) colorsChanged(); else drawRules();
  }

  /* ---- rows ------------------------------------------------------------------------------------------ */

  function drawRows() {
    const { node } = tools();
    box("height")?.replaceChildren(...about().heights.map(({ key, word }) => {
      const input = node("input", { type: "radio", name: "row-height", value: key, checked: key === about().row_height });
      input.addEventListener("change", () => { about().row_height = key; tools().apply({ rows: key }); });
      return node("label", { className: "check" }, input, node("span", { textContent: word }));
    }));
    const select = document.querySelector("[data-frozen-select]");
    if (!select) return;
    const columns = (window.rounds.grid?.columns || []).slice(0, MOST.frozen);
    select.replaceChildren(...columns.map((column, at) => node("option", { value: at + 1, textContent: `${at + 1} · ${column.name}`, selected: at + 1 === about().frozen })));
    select.onchange = () => { about().frozen = Number(select.value); tools().apply({ frozen: select.value }); };
  }

  /* ---- who asks ----------------------------------------------------------------------------------------- */

  document.addEventListener("rounds:view-loaded", () => { drawLevels(); drawRules(); drawRows(); });
  document.addEventListener("toggle", async (event) => {
    if (event.newState !== "open" || !["m-group", "m-rows", "m-color"].includes(event.target.id)) return;
    await tools().load();
    if (event.target.id === "m-rows") drawRows();
    if (event.target.id === "m-group" && !levels().length) addLevel();
  }, true);
  document.addEventListener("rounds:view-group", async ({ detail }) => { await tools().load(); addLevel(detail.field); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-color-layer]")) chooseLayer(event.target.value);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-add-level]")) addLevel();
    const fold = event.target.closest("[data-fold]");
    if (fold) document.dispatchEvent(new CustomEvent("rounds:fold-all", { detail: { fold: Boolean(fold.dataset.fold) } }));
    if (event.target.closest("[data-add-rule]")) addRule({ when: null, color: about().palette[rules().length % about().palette.length].key, paint: "edge" });
    const first = event.target.closest("[data-add-by]") && painted().fields.find((one) => one.colors);
    if (first) addRule({ by: first.id, paint: "edge" });
  });
})();
