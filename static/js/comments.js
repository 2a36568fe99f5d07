/* Comments of a record: written, changed and deleted where they stand, in the panel and on the page. */
(() => {
  const boxOf = (node) => node.closest("[data-comments]");
  const headers = { Accept: "text/html" };

  /** Send, and put what the server answers in the place of all comments. */
  async function send(box, url, json) {
    const options = json === undefined ? { method: "POST" } : { json };
    const answer = await window.rounds.fetch(url, { ...options, headers });
    if (!answer.ok) {
      const text = answer.data?.error || sentence(answer.text);
      if (box.isConnected) say(box, text);
      else if (answer.status === 422) window.rounds.toast({ text, kind: "attention" }); // nobody sees it there
      return false;
    }
    const filled = put(box, answer.text);
    const form = filled.closest("[data-record-form]");
    if (form) document.dispatchEvent(new CustomEvent("rounds:commented", { detail: { table: form.dataset.table, id: Number(form.dataset.id) } }));
    return filled;
  }

  const sentence = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("main p, p")?.textContent || "";

  function put(box, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html.trim();
    const filled = fresh.content.firstElementChild;
    const [before, now] = [box, filled].map((one) => one.querySelector("[data-comment-form]:not([data-comment]) textarea"));
    const inside = document.activeElement?.closest("[data-comment-form]") && box.contains(document.activeElement);
    box.replaceWith(filled);
    if (before?.value && now) { // what is being written goes on
      now.value = before.value;
      now.form.dataset.mentions = before.form.dataset.mentions || "{}";
      grow(now);
    }
    if (inside) now?.focus();
    return filled;
  }

  function say(box, text) {
    const line = box.querySelector("[data-comment-form] .error");
    if (line) { line.hidden = !text; line.textContent = text; }
  }

  function grow(area) {
    area.style.height = "auto";
    area.style.height = `${Math.min(240, area.scrollHeight + 2)}px`;
    area.closest("form").querySelector(".btn").hidden = !area.value.trim() && document.activeElement !== area;
  }

  /** A comment becomes a field to write in, with what it says. */
  function change(item) {
    const text = item.querySelector(".comment-text");
    const form = boxOf(item).querySelector("[data-comment-form]").cloneNode(true);
    const area = form.elements.text;
    form.dataset.comment = item.dataset.comment;
    form.dataset.mentions = text.dataset.mentions || "{}";
    area.value = text.dataset.text;
    text.replaceWith(form);
    item.querySelector(".comment-tools").hidden = true;
    area.focus();
    grow(area);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-comment-change], [data-comment-delete], [data-comments-before]");
    const box = button && boxOf(button);
    if (!box) return;
    const item = button.closest("[data-comment]");
    if (button.dataset.pressed) return;
    if (!button.matches("[data-comment-change]")) button.dataset.pressed = "1"; // once
    if (button.matches("[data-comment-change]")) change(item);
    else if (button.matches("[data-comment-delete]")) { if (!(await send(box, `${box.dataset.comments}/${item.dataset.comment}/delete`))) delete button.dataset.pressed; }
    else {
      const { ok, text } = await window.rounds.fetch(`${box.dataset.comments}?before=${button.dataset.commentsBefore}`, { headers });
      if (!ok) { delete button.dataset.pressed; return; }
      const list = box.querySelector("ol");
      const earlier = document.createElement("template");
      earlier.innerHTML = text.trim();
      list.prepend(...earlier.content.querySelectorAll("li"));
      const more = earlier.content.querySelector("[data-comments-before]");
      if (more) button.replaceWith(more); else button.parentElement.remove();
    }
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-comment-form]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    const area = form.elements.text;
    const box = boxOf(form);
    if (!area.value.trim() || form.sending) { area.focus(); return; }
    const { comment, mentions } = form.dataset;
    const json = { text: area.value, mentions: JSON.parse(mentions || "{}") };
    form.sending = true;
    if (!comment) area.value = ""; // for the next one, while this one is on its way
    const filled = await send(box, comment ? `${box.dataset.comments}/${comment}` : box.dataset.comments, json);
    form.sending = false;
    if (!filled && !comment) { area.value = json.text + (area.value && `\n${area.value}`); grow(area); }
  }, true);

  document.addEventListener("keydown", (event) => {
    const area = event.target.closest?.("[data-comment-form] textarea");
    if (!area || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); area.form.requestSubmit(); }
    if (event.key !== "Escape") return;
    if (area.form.dataset.comment) {
      event.preventDefault();
      event.stopPropagation();
      const box = boxOf(area);
      window.rounds.fetch(box.dataset.comments, { headers }).then(({ ok, text }) => ok && put(box, text));
    }
  }, true);

  for (const kind of ["input", "focusin"])
    document.addEventListener(kind, (event) => {
      const area = event.target.closest?.("[data-comment-form] textarea");
      if (area) grow(area);
    });

  /** Whether the address asks for the comments: then they come into view. */
  function goToComments(url) {
    if (!String(url).endsWith("#comments")) return false;
    const box = document.querySelector("[data-comments]");
    box?.scrollIntoView({ block: "center" });
    box?.querySelector("[data-comment-form] textarea")?.focus({ preventScroll: true });
    return Boolean(box);
  }

  /** The comments under `root` as they are now, unless one is being written. */
  async function reloadComments(root) {
    const box = root.querySelector("[data-comments]");
    if (!box || [...box.querySelectorAll("textarea")].some((one) => one.value.trim())) return;
    const { ok, text } = await window.rounds.fetch(box.dataset.comments, { headers });
    if (ok && box.isConnected) put(box, text);
  }

  goToComments(location.href);
  Object.assign(window.rounds, { goToComments, reloadComments });
})();
