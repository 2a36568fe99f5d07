/* Device: drafts of forms and submissions that wait for a signal, kept per person in local storage.
   A waiting submission keeps its key, so that sending it again makes no second record. */
(() => {
  const TIMEOUT_MS = 20000;
  const RETRY_MS = 30000;
  const DRAFT_DAYS = 30;
  const holder = document.querySelector("[data-person][data-words]");
  const person = holder?.dataset.person || "";
  const words = holder ? JSON.parse(holder.dataset.words) : {};
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");

  /* ---- storage: private windows and full disks answer null or false --------------------------- */

  function get(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  }

  function put(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch { return false; }
  }

  /* ---- drafts ---------------------------------------------------------------------------------- */

  const draftKey = (form) => `rounds.draft:${person}:${form}`;

  function draft(form) {
    const found = get(draftKey(form));
    return found && Date.now() - found.at < DRAFT_DAYS * 86400000 ? found : null;
  }

  const saveDraft = (form, value) => put(draftKey(form), { ...value, at: Date.now() });
  const dropDraft = (form) => put(draftKey(form), null);

  /* ---- the queue: [{key, form, action, title, fields, labels, at, why?}] ------------------------- */

  const queueKey = () => `rounds.queue:${person}`;
  const queue = () => get(queueKey()) || [];

  function change(edit) {
    const items = edit(queue());
    const kept = put(queueKey(), items.length ? items : null);
    document.dispatchEvent(new CustomEvent("rounds:queue"));
    return kept;
  }

  const remove = (key) => change((items) => items.filter((one) => one.key !== key));
  const enqueue = (item) => change((items) =>
    [...items.filter((one) => one.key !== item.key), { ...item, at: Date.now() }]);
  const mark = (key, why) => change((items) =>
    items.map((one) => (one.key === key ? { ...one, why } : one)));

  /* ---- sending ----------------------------------------------------------------------------------- */

  const withToken = (fields, csrf) => [...fields, ["csrf_token", csrf]];

  /** POST a form's fields. Rejects when there is no answer in time. */
  function post(action, fields, accept = "application/json") {
    return fetch(action, {
      method: "POST", credentials: "same-origin", body: new URLSearchParams(fields),
      headers: { Accept: accept }, signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** A fresh token for the person signed in now; null when it is nobody or somebody else. */
  async function token() {
    const answer = await fetch("/file/token", {
      credentials: "same-origin", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const door = answer.ok && !answer.redirected ? await answer.json() : null;
    return door && String(door.person) === person ? door.csrf : null;
  }

  /* Gone for good (filed, or not acceptable as it is) against to be tried again later. */
  const LATER = new Set([401, 408, 429, 502, 503, 504]);

  async function send(item, csrf) {
    const answer = await post(item.action, withToken(item.fields, csrf));
    if (LATER.has(answer.status) || answer.redirected) return "later";
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) { remove(item.key); return body; }
    mark(item.key, body.error || String(answer.status));
    return "refused";
  }

  let sending = false;

  /** Send what waits, oldest first. Announces each as the event rounds:filed. */
  async function sendAll() {
    const waiting = queue().filter((one) => !one.why);
    if (sending || !waiting.length || !navigator.onLine) return;
    sending = true;
    try {
      const csrf = await token();
      for (const item of csrf ? waiting : []) {
        const result = await send(item, csrf);
        if (result === "later") break;
        const detail = { item, result };
        if (result !== "refused") document.dispatchEvent(new CustomEvent("rounds:filed", { detail }));
      }
    } catch { /* no signal after all: the next try comes by itself */ } finally { sending = false; }
  }

  addEventListener("online", sendAll);
  setInterval(sendAll, RETRY_MS);

  document.addEventListener("rounds:filed", ({ detail }) => window.rounds.toast({
    text: say(words.sent || "{name}", { name: detail.item.title }), kind: "ok",
  }));

  /* ---- the list of what waits, on the page of forms ------------------------------------------------ */

  const list = document.getElementById("waiting");

  function line(item) {
    const row = document.createElement("li");
    const inner = row.appendChild(document.createElement("div"));
    inner.className = "list-item waiting-item";
    const text = inner.appendChild(document.createElement("span"));
    text.className = "grow";
    text.textContent = item.title;
    const note = text.appendChild(document.createElement("small"));
    note.textContent = item.why ? say(words.refused, { why: item.why }) : new Date(item.at).toLocaleString(document.documentElement.lang);
    note.className = item.why ? "text-late" : "";
    if (item.why) inner.append(opener(item));
    inner.append(discarder(item));
    return row;
  }

  function opener(item) {
    const link = document.createElement("a");
    link.className = "btn btn-sm";
    link.href = `${item.action}?waiting=${encodeURIComponent(item.key)}`;
    link.textContent = words.open;
    return link;
  }

  function discarder(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-quiet";
    button.textContent = words.discard;
    button.addEventListener("click", async () => {
      if (await window.rounds.confirm(words.sure, { label: words.discard })) remove(item.key);
    });
    return button;
  }

  function show() {
    const items = queue();
    list.hidden = !items.length;
    list.querySelector("[data-count]").textContent = say(words.waiting, { n: items.length });
    list.querySelector("[data-send]").textContent = words.again;
    list.querySelector("ul").replaceChildren(...items.map(line));
  }

  if (list) {
    document.addEventListener("rounds:queue", show);
    list.querySelector("[data-send]").addEventListener("click", () => {
      if (!navigator.onLine) window.rounds.toast({ text: words.offline, kind: "attention" });
      sendAll();
    });
    show();
  }

  /* ---- signing out clears the device, so it asks first ----------------------------------------------- */

  document.addEventListener("submit", (event) => {
    const leaving = event.target.getAttribute("action") === "/sign-out";
    if (!leaving || !words.leave || !queue().length || event.target.dataset.sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.rounds.confirm(say(words.leave, { n: queue().length }), { label: words.leave_yes }).then((yes) => {
      if (!yes) return;
      event.target.dataset.sure = "1";
      Object.keys(localStorage).filter((key) => /^rounds\.(draft|queue):/.test(key)).forEach((key) => put(key, null));
      event.target.requestSubmit(event.submitter);
    });
  }, true);

  Object.assign(window.rounds, {
    device: { draft, saveDraft, dropDraft, queue, enqueue, remove, post, token, withToken, sendAll, words, say },
  });
  sendAll();
})();
