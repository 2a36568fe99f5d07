/* Record: the panel beside a view (its address in the bar), fields saved one by one, history, undo. */
(() => {
  const wide = matchMedia("(min-width: 769px)");
  const panel = () => document.getElementById("panel");
  const tell = (node, name, detail = {}) =>
    node.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

  /* ---- the panel ---------------------------------------------------------------------------- */

  let under = null; // the address of the view beneath, while our panel is open over it

  async function fragment(url) {
    const headers = { "Accept": "text/html", "HX-Request": "true", "HX-Request-Type": "partial" };
    const { ok, text } = await window.rounds.fetch(url, { headers });
    return ok ? text : null;
  }

  function fill(box, html) {
    box.innerHTML = html;
    window.htmx?.process(box);
    window.rounds.choose?.(box);
    if (under) for (const close of box.querySelectorAll("a[data-close]")) close.href = under;
    loadHistory(box);
    tell(box, "rounds:panel-filled");
  }

  let asked = 0;

  /** Show the record (or blank record) at `url` beside the view; a page of its own on a phone.
      With `stay` the focus is left where it is. */
  async function openRecord(url, { stay = false } = {}) {
    if (!wide.matches || !panel()) { location.href = url; return; }
    const mine = (asked += 1);
    const html = await fragment(url);
    if (html === null || mine !== asked) return;
    if (under) history.replaceState({ record: url, under }, "", url);
    else {
      under = location.href;
      history.replaceState({ view: true }, "", under); // so that going back reloads nothing
      history.pushState({ record: url, under }, "", url);
    }
    fill(panel(), html);
    if (stay || window.rounds.goToComments?.(url)) return;
    const first = panel().querySelector("[data-record-new] [data-editor]");
    (first || panel()).focus();
  }

  function emptyPanel() {
    const box = panel();
    if (!box?.firstElementChild) return;
    box.querySelectorAll("select.tomselected").forEach((select) => select.tomselect?.destroy());
    box.replaceChildren();
    tell(box, "rounds:panel-closed");
  }

  document.addEventListener("rounds:panel-closed", () => { under = null; asked += 1; });

  addEventListener("popstate", async (event) => {
    const mine = (asked += 1);
    if (event.state?.record && panel()) {
      const html = await fragment(event.state.record);
      if (html !== null && mine === asked) { under = event.state.under; fill(panel(), html); }
    } else emptyPanel();
  });

  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    const link = event.target.closest("a[data-record], #panel .record-links a");
    if (link && plain) { event.preventDefault(); openRecord(link.href); }
  }, true);

  /* ---- saving one field ----------------------------------------------------------------------- */

  /** What the control of a field holds, as the server wants it. */
  function valueOf(control) {
    if (control.type === "checkbox") return control.checked;
    if (!("number" in control.dataset)) return control.value;
    const ids = [...control.selectedOptions].map((one) => one.value).filter(Boolean).map(Number);
    return control.multiple || "list" in control.dataset ? ids : ids[0] ?? null;
  }

  function setValue(control, cell) {
    const ids = [].concat(cell.value ?? []);
    if (control.type === "checkbox") control.checked = Boolean(cell.value);
    else if (control.tomselect) {
      for (const one of cell.chosen || []) control.tomselect.addOption({ value: String(one.id), text: one.text });
      control.tomselect.setValue(ids.map(String), true);
    } else if (control.type === "datetime-local") control.value = cell.edit.replace(" ", "T");
    else {
      control.value = cell.edit;
      control.dispatchEvent(new Event("rounds:set", { bubbles: true }));
    }
  }

  const fieldOf = (control) => control.closest(".record-field");
  const controlOf = (field) => field.querySelector("[data-editor]");

  function say(field, text, kind = "error") {
    const line = field.querySelector(".error");
    line.hidden = !text;
    line.replaceChildren();
    line.textContent = text;
    const control = controlOf(field);
    control.toggleAttribute("aria-invalid", kind === "error" && Boolean(text));
    if (text && kind === "error") control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", line.id);
    control.tomselect?.wrapper.classList.toggle("invalid", Boolean(text));
  }

  async function save(form, field, { force = false } = {}) {
    const id = field.dataset.field;
    field.querySelector(".conflict")?.remove();
    field.classList.add("is-saving");
    field.saves = (field.saves || 0) + 1;
    const rev = Number(field.dataset.rev || form.dataset.rev);
    const { ok, status, data } = await window.rounds.write(form.dataset.url, { [id]: valueOf(controlOf(field)) }, force ? 0 : rev);
    field.saves -= 1;
    if (!field.saves) field.classList.remove("is-saving");
    if (ok) { say(field, ""); refresh(form, data); mark(field, form.dataset.saved); return; }
    const why = data?.problems?.[id] || data?.error;
    if (!form.isConnected && [409, 422].includes(status)) window.rounds.toast({ text: `${nameOf(field)}: ${why}`, kind: "attention" }); // nobody sees it there
    else if (status === 409 && data?.values) conflict(form, field, data);
    else if (why) say(field, why);
  }

  const nameOf = (field) => field.querySelector(".label").textContent.trim();

  /* Who is in a field sees it as it was when they came; what others write into it meanwhile is a conflict. */
  document.addEventListener("focusin", (event) => {
    const field = event.target.closest?.("[data-record-form] .record-field");
    if (field) field.dataset.rev ||= field.closest("[data-record-form]").dataset.rev;
  });

  function mark(field, text) {
    const label = field.querySelector(".label");
    label.dataset.state = text;
    setTimeout(() => delete label.dataset.state, 1600);
  }

  /** Fresh cells after a write: values shown, other editors that nobody is in, title, history. */
  function refresh(form, answer) {
    const here = form.isConnected ? form : document; // another record may stand beside the view by now
    if (answer.gone) { tell(here, "rounds:record-gone", { table: form.dataset.table, id: answer.id }); if (here === form) closeRecord(); return; }
    form.dataset.rev = answer.rev;
    for (const field of form.querySelectorAll(".record-field")) {
      const cell = answer.cells[field.dataset.field];
      const control = controlOf(field);
      if (!cell) continue;
      const prose = field.querySelector("[data-prose]");
      if (prose) { prose.innerHTML = cell.prose || ""; prose.hidden = !cell.prose; }
      if (control && (field.contains(document.activeElement) || field.saves)) continue;
      delete field.dataset.rev;
      if (control) { if (!control.hasAttribute("aria-invalid")) setValue(control, cell); }
      else field.querySelector("[data-shown]").innerHTML = cell.prose ? `<div class="prose">${cell.prose}</div>` : cell.html;
    }
    const title = form.querySelector("[data-record-title]");
    if (title) title.textContent = answer.title || `#${answer.id}`;
    loadHistory(form);
    tell(here, "rounds:record-saved", { table: form.dataset.table, ...answer });
  }

  /** Both values side by side; the person decides. */
  function conflict(form, field, data) {
    const words = form.dataset;
    const theirs = Object.values(data.values)[0];
    window.rounds.knows(form.dataset.url, { [field.dataset.field]: theirs }, data.rev);
    say(field, data.error);
    const box = document.createElement("div");
    box.className = "conflict";
    const line = (label, text) => {
      const p = box.appendChild(document.createElement("p"));
      p.append(Object.assign(document.createElement("span"), { className: "muted", textContent: `${label} ` }), text || words.empty);
    };
    const control = controlOf(field);
    const mine = control.tomselect
      ? [...control.selectedOptions].map((one) => one.textContent).join(", ") : String(valueOf(control));
    line(words.theirs, theirs.text);
    line(words.yours, mine);
    const button = (label, run) => {
      const one = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: label });
      one.addEventListener("click", run);
      box.append(one, " ");
    };
    button(words.keepTheirs, () => { setValue(control, theirs); say(field, ""); box.remove(); });
    button(words.useMine, () => save(form, field, { force: true }));
    field.querySelector(".record-editor").append(box);
  }

  document.addEventListener("change", (event) => {
    const control = event.target.closest?.("[data-record-form] [data-editor]");
    if (control) save(control.closest("[data-record-form]"), fieldOf(control));
  });

  document.addEventListener("keydown", (event) => {
    const control = event.target.closest?.("[data-record-form] input[data-editor]");
    if (control && event.key === "Enter" && !event.isComposing) { event.preventDefault(); control.blur(); }
  });

  /* ---- a new record ----------------------------------------------------------------------------- */

  const makeKey = () => crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2)}`;

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-record-new]");
    if (!form) return;
    event.preventDefault();
    if (form.sending) return;
    form.dataset.key ||= makeKey();
    const values = {};
    for (const field of form.querySelectorAll(".record-field")) {
      const value = controlOf(field) ? valueOf(controlOf(field)) : "";
      const empty = value === "" || value === null || value === false || (Array.isArray(value) && !value.length);
      if (!empty) values[field.dataset.field] = value;
    }
    if (!Object.keys(values).length) { nothing(form); return; }
    form.sending = true;
    const { ok, data } = await window.rounds.fetch(form.dataset.recordNew, { json: { values, key: form.dataset.key } });
    form.sending = false;
    if (ok) added(form, data);
    else if (data?.error) { delete form.dataset.key; refused(form, data); }
  }, true);

  function nothing(form) {
    const field = [...form.querySelectorAll(".record-field")].find(controlOf);
    if (!field) return;
    say(field, form.dataset.nothing);
    controlOf(field).focus();
  }

  function refused(form, data) {
    let first = null;
    for (const field of form.querySelectorAll(".record-field")) {
      const text = data.problems?.[field.dataset.field] || "";
      if (controlOf(field)) say(field, text);
      if (text) first ||= controlOf(field);
    }
    if (!first) window.rounds.toast({ text: data.error, kind: "attention" });
    (first?.tomselect || first)?.focus();
  }

  function added(form, data) {
    const words = { ...form.dataset };
    const table = words.table;
    undoToast(words.added, words, data.change, { table, id: data.id, created: true });
    tell(form.isConnected ? form : document, "rounds:record-created", { table, ...data });
    if (!form.isConnected) return;
    if (under) window.rounds.closePanel();
    else location.href = `/r/${table}/${data.id}`;
  }

  /* ---- delete, undo, history ---------------------------------------------------------------------- */

  function closeRecord() {
    if (under) window.rounds.closePanel();
    else location.href = document.querySelector(".crumbs li:nth-last-child(2) a")?.href || "/";
  }

  /** A toast that offers to take the change back. */
  function undoToast(text, words, change, detail) {
    const run = () => undo(change, words, detail);
    window.rounds.toast({ text, kind: "ok", action: { label: words.undo, run } });
  }

  async function undo(change, words, detail = {}) {
    const { ok, data } = await window.rounds.fetch(`/changes/${change}/undo`, { method: "POST" });
    if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return null; }
    window.rounds.toast({ text: words.undone, kind: "ok" });
    const name = detail.deleted ? "rounds:record-restored" : detail.created ? "rounds:record-gone" : "rounds:record-saved";
    tell(document, name, { table: detail.table, ...data });
    return data;
  }

  document.addEventListener("click", async (event) => {
    const form = event.target.closest("[data-record-form]");
    if (!form) return;
    if (event.target.closest("[data-record-delete]") && !form.leaving) {
      const words = { ...form.dataset };
      form.leaving = true;
      const { ok, data } = await window.rounds.fetch(`${form.dataset.url}/delete`, { method: "POST" });
      form.leaving = false;
      if (!ok) { if (data?.error) window.rounds.toast({ text: data.error, kind: "attention" }); return; }
      const detail = { table: words.table, id: data.id, deleted: true };
      tell(document, "rounds:record-gone", detail);
      undoToast(words.deleted, words, data.change, detail);
      if (!form.isConnected) return;
      if (under) window.rounds.closePanel();
      else form.classList.add("is-gone");
    }
    const back = event.target.closest("[data-undo-change]");
    if (back) {
      const data = await undo(back.dataset.undoChange, form.dataset, { table: form.dataset.table });
      if (data) refresh(form, data);
    }
  });

  /* A button that starts automations: it rests until they have run. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-press]");
    if (!button || button.disabled) return;
    event.preventDefault();
    button.disabled = true;
    const { ok, data } = await window.rounds.fetch(button.dataset.press, { method: "POST" });
    button.disabled = false;
    const text = ok ? data?.said : data?.error;
    if (text) window.rounds.toast({ text, kind: ok ? "ok" : "attention" });
  });

  async function loadHistory(root) {
    const box = root.querySelector("[data-history]");
    if (!box) return;
    const mine = box.asked = (box.asked || 0) + 1;
    const html = await fragment(box.dataset.history);
    if (html !== null && mine === box.asked) box.innerHTML = html;
  }

  /* An alert was answered in the record: what it changed there, and the comment it became. */
  document.addEventListener("rounds:answered", async ({ detail }) => {
    const form = document.querySelector(`[data-record-form][data-table="${detail.table}"][data-id="${detail.record}"]`);
    if (!form) return;
    const { ok, data } = await window.rounds.fetch(`${form.dataset.url}/values`);
    if (ok && form.isConnected) refresh(form, data);
    window.rounds.reloadComments?.(form);
  });

  loadHistory(document);
  Object.assign(window.rounds, { openRecord, emptyPanel, undoToast, makeKey, valueOf, setValue });
})();
