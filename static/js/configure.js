/* Configure: lists in an order of one's own, options of choices, undo from a toast, dialogs after a refusal. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* ---- lists: drag by the grip, or move a step with the buttons ------------------------------- */

  const idsOf = (list) => [...list.children].map((item) => Number(item.dataset.id)).filter(Boolean);

  /* Saved one after the other, so that the last order is the one that stays. */
  let saving = Promise.resolve();
  function save(list) {
    const ids = idsOf(list);
    saving = saving.then(() => window.rounds.fetch(list.dataset.sort, { json: { ids } }));
  }

  function sortable(list) {
    if (!window.Sortable || list.dataset.ready) return;
    list.dataset.ready = "1";
    window.Sortable.create(list, {
      handle: ".grip", animation: 120, draggable: "[data-id], .option-row",
      onEnd: () => { if (list.dataset.sort) save(list); },
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    const item = button?.closest("[data-sort] > [data-id], .option-row");
    if (!item) return;
    event.preventDefault();
    const list = item.parentElement;
    const up = button.dataset.move === "up";
    const other = up ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (up) other.before(item); else other.after(item);
    button.focus();
    if (list.dataset.sort) save(list);
  });

  /* ---- options of a choice field: rows to name, colour, order and remove ---------------------- */

  function addOption(box, names = [""]) {
    const list = box.querySelector(".option-list");
    for (const name of names) {
      const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
      const colors = row.querySelector("[name=choice_color]");
      colors.selectedIndex = list.children.length % colors.length;
      row.querySelector("[name=choice_name]").value = name;
      list.append(row);
      paint(row);
    }
    return list.lastElementChild;
  }

  function paint(row) {
    const color = row.querySelector("[name=choice_color]").value;
    row.querySelector(".option-dot").className = `option-dot tag-${color}`;
  }

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-option]");
    if (add) addOption(add.closest("[data-options]")).querySelector("[name=choice_name]").focus();
    const remove = event.target.closest("[data-remove-option]");
    if (!remove) return;
    const row = remove.closest(".option-row");
    const next = row.nextElementSibling || row.previousElementSibling;
    const box = row.closest("[data-options]");
    row.remove();
    (next?.querySelector("[name=choice_name]") || box.querySelector("[data-add-option]")).focus();
  });

  document.addEventListener("change", (event) => {
    if (event.target.name === "choice_color") paint(event.target.closest(".option-row"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.name !== "choice_name") return;
    event.preventDefault();
    const row = event.target.closest(".option-row");
    const box = row.closest("[data-options]");
    (row.nextElementSibling || addOption(box)).querySelector("[name=choice_name]").focus();
  });

  /* A column copied from a sheet becomes one option a line. */
  document.addEventListener("paste", (event) => {
    if (event.target.name !== "choice_name" || event.target.value) return;
    const lines = event.clipboardData.getData("text").split(/[\r\n\t]+/).map((one) => one.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    event.target.value = lines[0];
    addOption(event.target.closest("[data-options]"), lines.slice(1));
  });

  /* Many options travel as one value: a form has a limited number of parts. */
  document.addEventListener("submit", (event) => {
    const box = event.target.querySelector?.("[data-options]");
    if (!box || event.defaultPrevented) return;
    const value = (row, name) => row.querySelector(`[name=${name}]`).value;
    box.querySelector("[name=choices]").value = JSON.stringify(all(".option-row", box).map((row) => ({
      id: value(row, "choice_id"), name: value(row, "choice_name"),
      name_en: value(row, "choice_name_en"), color: value(row, "choice_color"),
    })));
    const inputs = all(".option-row input, .option-row select", box);
    inputs.forEach((input) => { input.disabled = true; });
    setTimeout(() => inputs.forEach((input) => { input.disabled = false; }));
  });

  /* ---- after the page has come ---------------------------------------------------------------- */

  function undo(form) {
    window.rounds.toast({
      text: form.dataset.undo, kind: "ok",
      action: { label: form.dataset.undoLabel, run: () => form.requestSubmit() },
    });
    const here = new URL(location.href);
    here.searchParams.delete("gone");
    history.replaceState(history.state, "", here);
  }

  /* What one choice makes possible is shown with it: [data-when="name=value value"]. */
  function follow(form) {
    for (const part of all("[data-when]", form)) {
      const [name, values] = part.dataset.when.split("=");
      const input = form.elements[name];
      const now = input?.type === "checkbox" ? (input.checked ? "on" : "") : input?.value;
      part.hidden = !values.split(" ").includes(now);
    }
  }

  document.addEventListener("change", (event) => { if (event.target.form) follow(event.target.form); });

  /* Words appear where there is a place for them; copying leaves nothing to type. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const input = document.getElementById(button.dataset.copy);
    input.select();
    navigator.clipboard?.writeText(input.value).then(() => window.rounds.toast({ text: button.dataset.copied, kind: "ok" }));
  });

  /* A new department begins below the one whose button was pressed. */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-parent]");
    if (opener) document.getElementById("department-parent").value = opener.dataset.parent;
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  /* Conditions in words (js/filter.js): which linked records count, which can be chosen. */
  function conditions(box) {
    const input = box.querySelector("input[type=hidden]");
    const words = { ...box.dataset, choose: box.dataset.chooseWord };
    const filter = new window.rounds.Filter(box.querySelector("[data-condition-rows]"), JSON.parse(box.dataset.about), {
      words,
      change: () => { const found = filter.condition(); input.value = found === null ? "" : JSON.stringify(found); },
    });
    box.querySelector("[data-add-condition]").addEventListener("click", () => filter.add());
    box.querySelector("[data-add-group]").addEventListener("click", () => filter.add({ group: true }));
  }
  if (window.rounds.Filter) all("[data-conditions]").forEach(conditions);

  /* A formula: fields and functions to take up, and what it gives on the first record. */
  function formula(area) {
    const said = area.form.querySelector("[data-formula-said]");
    let waiting = 0;
    const show = (text, wrong, at) => {
      said.hidden = !text;
      said.className = wrong ? "error" : "muted";
      if (!Number.isInteger(at)) return said.replaceChildren(text);
      const go = document.createElement("button");
      Object.assign(go, { type: "button", className: "formula-at", textContent: text });
      go.addEventListener("click", () => { area.focus(); area.setSelectionRange(...caret(at)); });
      said.replaceChildren(go);
    };
    /** The sign at a place that is counted in whole characters. */
    const caret = (at) => {
      const signs = [...area.value];
      return [signs.slice(0, at), signs.slice(0, at + 1)].map((some) => some.join("").length);
    };
    async function attempt() {
      if (!area.value.trim()) return show("", false);
      const asked = area.value;
      const { data } = await window.rounds.fetch(area.dataset.formula, { json: { formula: asked }, quiet: true });
      if (!data || asked !== area.value) return;
      const result = data.ok ? `${data.record ? `${data.record}: ` : ""}${data.code ? `${data.code} ` : ""}${data.text || said.dataset.empty}` : data.error || "";
      show(result, !data.ok || Boolean(data.code), data.at);
    }
    const later = () => { clearTimeout(waiting); waiting = setTimeout(attempt, 250); };
    area.addEventListener("input", later);
    area.form.addEventListener("change", (event) => {
      const list = event.target.closest("[data-formula-take]");
      if (!list?.value) return;
      const text = list.value;
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      if (text.endsWith("()")) area.setSelectionRange(area.selectionStart - 1, area.selectionStart - 1);
      const about = list.selectedOptions[0].dataset.said;
      list.value = "";
      area.focus();
      if (about) show(about, false);
      else later();
    });
    if (area.value) attempt();
  }
  all("textarea[data-formula]").forEach(formula);

  all("[data-sort], .option-list").forEach(sortable);
  all("dialog[data-open]").forEach((dialog) => window.rounds.open(dialog.id));
  all("form[data-undo]").forEach(undo);
  all("form").forEach(follow);
  document.querySelector(".field-open")?.scrollIntoView({ block: "nearest" });
})();
