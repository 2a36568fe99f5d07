/* Form: one form being filled in. Drafts, show-if, submitting with and without a signal. */
(() => {
  const form = document.getElementById("form");
  const { device, showIf } = window.rounds;
  const { words, say } = device;
  const signal = document.getElementById("signal");
  const kept = document.getElementById("kept");
  const submit = form.querySelector("button[type=submit]");
  let page = document.getElementById("answers");
  const about = { ...page.dataset };
  const draftName = `${about.form}${draftPart(location.search)}`;

  /* What the address brings along makes another draft: a visit here is not the visit there. */
  function draftPart(search) {
    const asked = new URLSearchParams(search);
    return [...asked].filter(([name]) => /^f\d+$/.test(name)).map((pair) => pair.join("=")).join("&");
  }

  /* ---- controls ------------------------------------------------------------------------------ */

  const OURS = new Set(["csrf_token", "key", "back"]);
  const fields = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const typed = () => fields().filter(([name]) => !OURS.has(name));
  const key = () => form.elements.key;

  /** Names of what is picked, which only the page knows. */
  function labels() {
    const found = {};
    for (const select of form.querySelectorAll("select[data-src]"))
      for (const option of select.selectedOptions) if (option.value) found[`${select.name}=${option.value}`] = option.text;
    return found;
  }

  function setSelect(select, values, names) {
    const box = select.tomselect;
    for (const value of values) {
      const text = names[`${select.name}=${value}`];
      if (text && box) box.addOption({ value, text });
    }
    if (box) box.setValue(select.multiple ? values : values[0] || "", true);
    else for (const option of select.options) option.selected = values.includes(option.value);
  }

  /** Put ``values`` (pairs of name and text) into the controls. */
  function fill(values, names) {
    const byName = grouped(values);
    for (const control of form.elements) {
      if (!control.name || OURS.has(control.name)) continue;
      const given = (byName.get(control.name) || []).map(([, value]) => value);
      if (control.matches("select")) setSelect(control, given, names);
      else if (control.matches("[type=radio], [type=checkbox]")) control.checked = given.includes(control.value);
      else if (control.matches("input, textarea")) {
        control.value = given[0] ?? "";
        control.dispatchEvent(new Event("rounds:set", { bubbles: true }));
      }
    }
  }

  function grouped(values) {
    const found = new Map();
    for (const pair of values) found.set(pair[0], [...(found.get(pair[0]) || []), pair]);
    return found;
  }

  function freshKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  /* ---- the line beside the button ------------------------------------------------------------- */

  function tell(text, { run = null, label = "" } = {}) {
    signal.replaceChildren(text);
    if (!run) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn-link";
    button.textContent = label;
    button.addEventListener("click", run);
    signal.append(" ", button);
  }

  const quiet = () => tell(navigator.onLine ? "" : words.away);
  addEventListener("online", quiet);
  addEventListener("offline", quiet);

  /* ---- what follows an answer ------------------------------------------------------------------- */

  function follow() {
    showIf.refresh(page);
    const asked = showIf.asked(page);
    const bar = document.getElementById("progress");
    bar.toggleAttribute("hidden", asked.length < 9);
    bar.querySelector("rect").setAttribute("width", `${(100 * asked.filter(showIf.answered).length) / (asked.length || 1)}%`);
  }

  let writing = 0; // a draft that is about to be kept
  function draftSoon() {
    clearTimeout(writing);
    writing = setTimeout(() => { writing = 0; if (saveDraft()) tell(navigator.onLine ? words.draft : words.away); }, 500);
  }
  function draftNow() { if (writing) { writingEnds(); saveDraft(); } }
  function writingEnds() { clearTimeout(writing); writing = 0; }
  addEventListener("pagehide", draftNow);
  document.addEventListener("visibilitychange", () => { if (document.hidden) draftNow(); }); // a phone may not come back to it
  const saveDraft = () => device.saveDraft(draftName, { fields: typed(), labels: labels(), key: key().value });

  function grow(area) {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }

  /* An answer being put right is wrong no longer; the server says so again if it is. */
  function forgive(block) {
    block?.querySelector(".error")?.remove();
    block?.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
    block?.querySelector(".ts-wrapper")?.classList.remove("invalid");
  }

  form.addEventListener("input", (event) => {
    forgive(event.target.closest("[data-question]"));
    if (event.target.matches("textarea")) grow(event.target);
    follow();
    draftSoon();
  });
  form.addEventListener("change", (event) => {
    forgive(event.target.closest("[data-question]"));
    follow();
    draftSoon();
    const block = event.target.closest("[data-near]");
    if (block && event.target.matches("select")) warn(block, event.target);
  });

  /* A pressed button of an answer that is not needed can be taken back by pressing it again. */
  let held = null;
  form.addEventListener("pointerdown", (event) => {
    const radio = event.target.closest(".choice")?.querySelector("input[type=radio]");
    held = radio?.checked ? radio : null;
  });
  form.addEventListener("click", (event) => {
    const needed = event.target.closest("fieldset")?.getAttribute("aria-required") === "true";
    if (event.target !== held || needed) return;
    held.checked = false;
    held.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* ---- filed already? ------------------------------------------------------------------------------ */

  async function warn(block, select) {
    const chosen = [...select.selectedOptions].map((one) => one.value).filter(Boolean).at(-1);
    block.querySelector(".near")?.remove();
    if (!chosen || !navigator.onLine) return;
    const answer = await window.rounds.fetch(`${block.dataset.near}?id=${chosen}`, { quiet: true });
    block.querySelector(".near")?.remove();
    const last = [...select.selectedOptions].map((one) => one.value).filter(Boolean).at(-1);
    if (chosen === last && answer.ok && answer.data.records.length) block.append(nearLine(answer.data));
  }

  function nearLine({ text, records }) {
    const line = document.createElement("p");
    line.className = "near";
    line.setAttribute("role", "status");
    line.append(text);
    for (const one of records) {
      const link = document.createElement("a");
      link.href = one.href;
      link.target = "_blank";
      link.textContent = one.text;
      line.append(" ", link);
    }
    return line;
  }

  /* ---- submitting --------------------------------------------------------------------------------------- */

  function busy(on) {
    submit.disabled = page.inert = on; // what is typed now would not go along
    submit.toggleAttribute("aria-busy", on);
    if (on) tell(words.sending);
  }

  /** The form's name and what was picked or typed first, to tell waiting submissions apart. */
  function title() {
    for (const block of showIf.asked(page)) {
      const control = block.querySelector("select, input[type=text], textarea");
      const text = control?.matches("select") ? control.selectedOptions[0]?.text : control?.value;
      if (text?.trim()) return `${about.name} · ${text.trim().slice(0, 60)}`;
    }
    return about.name;
  }

  const item = () => ({
    key: key().value, form: about.form, action: form.getAttribute("action"), title: title(),
    fields: fields().filter(([name]) => name !== "csrf_token"), labels: labels(),
  });

  function keep(why) {
    const one = item();
    if (!device.enqueue(one)) { tell(words.failed); return; }
    device.dropDraft(draftName);
    if (why) { tell(why, { label: words.sign_in, run: () => { location.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`; } }); return; }
    page.hidden = submit.hidden = true;
    kept.hidden = false;
    kept.focus();
    tell(say(words.waiting, { n: device.queue().length }));
  }

  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || submit.disabled) { event.preventDefault(); return; }
    event.preventDefault();
    writingEnds();
    saveDraft();
    busy(true);
    let answer = null;
    try {
      answer = await attempt();
    } catch { /* no answer: it waits on the device */ }
    busy(false);
    if (!answer || [502, 503, 504].includes(answer.status)) keep();
    else await arrived(answer);
  });

  /* A page left open over night has an old token: one fresh one, then once more. */
  async function attempt() {
    const action = form.getAttribute("action");
    const answer = await device.post(action, fields(), "text/html");
    if (answer.status !== 403) return answer;
    const csrf = await device.token();
    if (!csrf || csrf === form.elements.csrf_token.value) return answer;
    form.elements.csrf_token.value = csrf;
    return device.post(action, fields(), "text/html");
  }

  async function arrived(answer) {
    const filed = /\/done$/.test(new URL(answer.url).pathname);
    if (answer.ok && !filed) { keep(words.signed_out); return; } // led to the sign-in instead
    if (answer.ok) { leave(answer.url); return; }
    if (answer.status >= 500) { tell(words.failed); return; }
    refused(await answer.text());
  }

  function leave(url) {
    device.dropDraft(draftName);
    device.remove(key().value);
    location.assign(url);
  }

  /** The server's page with its sentences takes the place of this one; focus goes to the first. */
  function refused(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    const fresh = answer.getElementById("answers");
    fresh?.querySelectorAll("noscript").forEach((one) => one.remove()); // a parser without scripts opens them
    if (!fresh) { tell(answer.querySelector("[data-error-text]")?.textContent || words.failed); return; }
    page.querySelectorAll("select.tomselected").forEach((select) => select.tomselect?.destroy());
    page.replaceWith(document.adoptNode(fresh));
    page = fresh;
    start();
    saveDraft();
    quiet();
    focusFirst();
  }

  function focusFirst() {
    const wrong = page.querySelector("[data-question]:not([data-off]):has(.error)");
    const notice = page.querySelector(".notice");
    if (wrong) focusIn(wrong);
    (wrong || notice)?.scrollIntoView({ block: "center" });
    if (!wrong && notice) { notice.tabIndex = -1; notice.focus(); }
  }

  /* A list stays folded, so that the sentence beneath it can be read. */
  function focusIn(block) {
    const box = block.querySelector("select")?.tomselect;
    const control = box ? box.control_input : block.querySelector("input:not([type=hidden]), textarea, select");
    if (box) fold(box);
    control.focus({ preventScroll: true });
  }

  function fold(box) {
    const close = () => { box.off("load", close); setTimeout(() => box.close(false)); };
    box.settings.openOnFocus = false;
    box.on("load", close);
    box.on("blur", () => { box.settings.openOnFocus = true; });
  }

  document.getElementById("another").addEventListener("click", () => {
    form.reset();
    page.querySelectorAll("select.tomselected").forEach((select) => select.tomselect.sync());
    key().value = freshKey();
    kept.hidden = true;
    page.hidden = submit.hidden = false;
    follow();
    quiet();
  });

  /* What this page left waiting has been sent: its own page of thanks follows. */
  document.addEventListener("rounds:filed", ({ detail }) => {
    if (!kept.hidden && detail.item.key === key().value) location.assign(detail.result.go);
  });

  /* ---- beginning -------------------------------------------------------------------------------------------- */

  function restore() {
    const waiting = new URLSearchParams(location.search).get("waiting");
    const found = waiting ? device.queue().find((one) => one.key === waiting) : device.draft(draftName);
    if (!found) return;
    fill(found.fields, found.labels || {});
    key().value = found.key || key().value;
    const time = new Date(found.at).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
    tell(found.why ? say(words.refused, { why: found.why }) : say(words.restored, { time }), {
      label: words.clear,
      run: () => { writingEnds(); device.dropDraft(draftName); location.reload(); },
    });
  }

  function start() {
    window.rounds.choose(page);
    follow();
    page.querySelectorAll("textarea").forEach(grow);
    for (const block of page.querySelectorAll("[data-near]")) {
      const select = block.querySelector("select");
      if (select?.value) warn(block, select);
    }
  }

  form.removeAttribute("data-guard"); // the draft is kept: leaving loses nothing
  start();
  quiet();
  if ("fresh" in about) restore();
  else focusFirst();
  follow();
})();
