/* Designer: arranging the questions of a form, with a preview that follows every change. */
(() => {
  const form = document.getElementById("designer");
  const words = JSON.parse(form.dataset.words);
  const parts = document.getElementById("parts");
  const pool = document.getElementById("pool");
  const preview = document.getElementById("preview");
  const state = document.getElementById("state");
  const { showIf } = window.rounds;
  const conditions = window.rounds.showIfEditor(words, JSON.parse(form.dataset.conditions));

  /* ---- reading ---------------------------------------------------------------------------------- */

  const part = (root, name) => root.querySelector(`:scope [data-part="${name}"]`);
  const textOf = (root, name) => part(root, name)?.value.trim() || "";
  const english = (root, name) => { const en = textOf(root, `${name}_en`); return en ? { en } : {}; };

  /** A text of the form as the preview's reader would see it. */
  const spoken = (name) => (document.documentElement.lang === "en" && textOf(form, `${name}_en`)) || textOf(form, name);

  function defaultOf(row) {
    const control = part(row, "default");
    if (!control || control.value === "") return null;
    if (!("json" in control.dataset)) return control.value;
    const value = JSON.parse(control.value);
    return "list" in control.dataset ? [value] : value;
  }

  function question(row) {
    return {
      field: Number(row.dataset.field), label: textOf(row, "label"), names: english(row, "label"),
      help: textOf(row, "help"), help_names: english(row, "help"),
      required: part(row, "required").checked, default: defaultOf(row),
      show_if: JSON.parse(row.querySelector(".show-if").dataset.show),
    };
  }

  function definition() {
    const sections = [...parts.querySelectorAll("[data-section]")].map((one) => ({
      title: textOf(one, "title"), names: english(one, "title"),
      questions: [...one.querySelectorAll("[data-field]")].map(question),
    }));
    const root = part(form, "name").closest("section");
    const text = (name) => ({ [name]: textOf(root, name), [`${name}_names`]: english(root, name) });
    return {
      sections, ...text("thanks"), ...text("submit"),
      open_from: textOf(root, "open_from") || null, open_until: textOf(root, "open_until") || null,
    };
  }

  const everything = () => ({
    name: textOf(form, "name"), names: english(form, "name"), definition: definition(),
    roles: [...form.querySelectorAll("[data-role]:checked")].map((one) => Number(one.value)),
  });

  /* ---- what cannot work ---------------------------------------------------------------------------- */

  function list(box, texts) {
    box.hidden = !texts.length;
    box.replaceChildren(...texts.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }));
  }

  /** Problems beside their questions; the others above everything. */
  function tellProblems(problems) {
    const rest = [];
    const byField = new Map();
    for (const [key, text] of Object.entries(problems)) {
      const [field, name] = key.split(".");
      if (!name) rest.push(text);
      else byField.set(field, [...(byField.get(field) || []), text]);
    }
    for (const row of form.querySelectorAll("[data-field]"))
      list(row.querySelector("[data-problems]"), byField.get(row.dataset.field) || []);
    list(document.getElementById("problems"), rest);
  }

  /* ---- the preview ------------------------------------------------------------------------------------ */

  function dress() {
    preview.querySelectorAll("noscript").forEach((one) => one.remove());
    window.rounds.choose(preview);
    showIf.refresh(preview);
  }
  preview.addEventListener("input", () => showIf.refresh(preview));
  preview.addEventListener("change", () => showIf.refresh(preview));

  let asked = 0;
  async function look() {
    const mine = asked += 1;
    const answer = await window.rounds.fetch(`${form.getAttribute("action")}/preview`, { json: everything() });
    if (mine !== asked || !answer.ok) return;
    preview.querySelectorAll("select.tomselected").forEach((one) => one.tomselect?.destroy());
    const fresh = new DOMParser().parseFromString(answer.data.html, "text/html");
    preview.replaceChildren(...fresh.body.childNodes);
    dress();
    tellProblems(answer.data.problems);
    document.getElementById("preview-name").textContent = spoken("name");
    const submit = document.getElementById("preview-submit");
    submit.textContent = spoken("submit") || submit.dataset.usual;
  }

  let waiting;
  function changed() {
    state.textContent = words.unsaved;
    state.classList.add("text-attention");
    marks();
    clearTimeout(waiting);
    waiting = setTimeout(look, 250);
  }

  /** Tell the guard of the page that something would be lost, whatever the change was. */
  const touched = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);

  function marks() {
    for (const row of form.querySelectorAll("[data-field]")) {
      const shown = { required: part(row, "required").checked, show_if: row.querySelector(".show-if").dataset.show !== "null" };
      for (const [name, on] of Object.entries(shown)) row.querySelector(`[data-mark="${name}"]`).hidden = !on;
      const label = textOf(row, "label");
      row.querySelector("[data-open]").textContent = label ? `${label} (${row.dataset.name})` : row.dataset.name;
    }
  }

  /* ---- arranging ------------------------------------------------------------------------------------------ */

  const lists = () => [...parts.querySelectorAll("[data-asks]")];
  const sortable = (list) => new window.Sortable(list, {
    group: "asks", handle: ".grip", animation: 120, draggable: "[data-field]", onEnd: moved,
  });

  function moved() {
    for (const row of form.querySelectorAll("[data-field]:has([data-open][aria-expanded=true])")) openConditions(row);
    touched();
  }

  /** The fields asked before a row, in order. */
  function above(row) {
    const ids = [];
    for (const other of parts.querySelectorAll("[data-field]")) {
      if (other === row) break;
      ids.push(Number(other.dataset.field));
    }
    return ids;
  }

  const openConditions = (row) => conditions.open(row.querySelector(".show-if"), above(row), touched);

  function toggle(row, open) {
    const button = row.querySelector("[data-open]");
    const on = open ?? button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(on));
    row.querySelector(".ask-settings").hidden = !on;
    if (on) openConditions(row);
  }

  function step(row, way) {
    const next = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (next) { next[way === "up" ? "before" : "after"](row); return; }
    const all = lists();
    const other = all[all.indexOf(row.parentElement) + (way === "up" ? -1 : 1)];
    if (other) other[way === "up" ? "append" : "prepend"](row);
  }

  const MOVES = {
    up: (row) => step(row, "up"),
    down: (row) => step(row, "down"),
    out: (row) => { toggle(row, false); pool.prepend(row); },
    in: (row) => { if (!lists().length) addPart(); lists().at(-1).append(row); },
  };

  const PART_MOVES = {
    up: (box) => box.previousElementSibling?.before(box),
    down: (box) => box.nextElementSibling?.after(box),
    out: (box) => { box.querySelectorAll("[data-field]").forEach((row) => MOVES.out(row)); box.remove(); },
  };

  function addPart() {
    const copy = document.getElementById("new-part").content.cloneNode(true);
    parts.append(copy);
    sortable(lists().at(-1));
    return parts.lastElementChild;
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("[data-field]");
    if ("open" in button.dataset && row.closest("#parts")) toggle(row);
    else if (button.dataset.go) act(button, () => MOVES[button.dataset.go](row));
    else if (button.dataset.partGo) act(button, () => PART_MOVES[button.dataset.partGo](button.closest("[data-section]")));
    else if (button.id === "add-part") { part(addPart(), "title").focus(); touched(); }
  });

  /* A moved button keeps the focus, so that it can be pressed again. */
  function act(button, move) {
    move();
    moved();
    if (button.checkVisibility()) button.focus();
  }

  /* ---- saving ------------------------------------------------------------------------------------------------ */

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    const answer = await window.rounds.fetch(form.getAttribute("action"), { json: everything() });
    if (answer.ok) { saved(); return; }
    touched();
    if (!answer.data) return;
    tellProblems(answer.data.problems || {});
    const count = Object.keys(answer.data.problems || {}).length;
    window.rounds.toast({ text: count ? words.refused.replace("{n}", count) : answer.data.error, kind: "late" });
    document.querySelector(".ask-problems:not([hidden])")?.scrollIntoView({ block: "center" });
  });

  function saved() {
    state.textContent = words.saved;
    state.classList.remove("text-attention");
    tellProblems({});
  }

  lists().forEach(sortable);
  sortable(pool);
  new window.Sortable(parts, { handle: ".part-head > .grip", animation: 120, draggable: "[data-section]", onEnd: moved });
  marks();
  dress();
  tellProblems(JSON.parse(form.dataset.problems));
})();
