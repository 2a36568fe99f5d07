/* Formulas: while one is typed, its fields and functions are offered beneath it. What there is stands in the
   lists of the same form (select[data-formula-take]: value to write, label, data-said). */
(() => {
  const SHOWN = 8;
  const FIELD = /\{[^{}"']*$/;
  const NAME = /[\p{L}_][\p{L}\p{N}_]*$/u;
  const TEXTS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs;
  let open = null; // {area, list, offers, start, at}

  const offered = (area) =>
    [...area.form.querySelectorAll("select[data-formula-take] option")]
      .filter((one) => one.value)
      .map((one) => ({ write: one.value, label: one.text, said: one.dataset.said || "" }));

  /** The word before the caret that may be completed, and where it begins; null within a text. */
  function wordOf(area) {
    if (area.selectionStart !== area.selectionEnd) return null;
    const before = area.value.slice(0, area.selectionStart);
    if (/["']/.test(before.replace(TEXTS, "").replace(/\{[^{}]*\}?/g, ""))) return null;
    const found = before.match(FIELD) || before.match(NAME);
    return found ? { word: found[0], start: found.index } : null;
  }

  /** What fits a word: functions that begin with it, fields that hold it; those that begin first. */
  function fitting(area, word) {
    const inField = word.startsWith("{");
    const sought = word.replace(/^\{/, "").toLowerCase();
    const rank = (one) => {
      const name = one.label.toLowerCase();
      if (name.startsWith(sought)) return 0;
      return one.write.startsWith("{") && name.includes(sought) ? 1 : -1;
    };
    return offered(area)
      .filter((one) => !inField || one.write.startsWith("{"))
      .map((one) => ({ ...one, rank: rank(one) }))
      .filter((one) => one.rank >= 0 && one.write !== word)
      .sort((one, other) => one.rank - other.rank)
      .slice(0, SHOWN);
  }

  function close() {
    if (!open) return;
    open.list.remove();
    open.area.removeAttribute("aria-activedescendant");
    open.area.setAttribute("aria-expanded", "false");
    open = null;
  }

  function draw(area, found, offers) {
    close();
    const list = document.createElement("ul");
    Object.assign(list, { className: "formula-offers", id: `${area.id}-offers` });
    list.setAttribute("role", "listbox");
    offers.forEach((offer, place) => list.append(line(offer, `${list.id}-${place}`)));
    area.after(list);
    area.setAttribute("aria-controls", list.id);
    area.setAttribute("aria-expanded", "true");
    open = { area, list, offers, start: found.start, at: 0 };
    mark(0);
  }

  function line(offer, id) {
    const item = document.createElement("li");
    Object.assign(item, { id, role: "option" });
    const name = item.appendChild(document.createElement("strong"));
    name.textContent = offer.label;
    const said = item.appendChild(document.createElement("small"));
    said.textContent = offer.said;
    return item;
  }

  function mark(at) {
    open.at = (at + open.offers.length) % open.offers.length;
    [...open.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === open.at)));
    const item = open.list.children[open.at];
    item.scrollIntoView({ block: "nearest" });
    open.area.setAttribute("aria-activedescendant", item.id);
  }

  function take(at) {
    const { area, offers, start } = open;
    const { write } = offers[at];
    const end = area.selectionStart;
    close();
    const closed = write.startsWith("{") && area.value[end] === "}" ? end + 1 : end;
    area.setRangeText(write, start, closed, "end");
    if (write.endsWith("()")) area.setSelectionRange(start + write.length - 1, start + write.length - 1);
    area.focus();
    area.dispatchEvent(new InputEvent("input", { bubbles: true, data: null, inputType: "insertReplacementText" }));
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest?.("textarea[data-formula]");
    if (!area || event.isComposing) return;
    const found = event.inputType === "insertReplacementText" ? null : wordOf(area);
    const offers = found ? fitting(area, found.word) : [];
    if (offers.length) draw(area, found, offers);
    else close();
  });

  const KEYS = {
    ArrowDown: () => mark(open.at + 1),
    ArrowUp: () => mark(open.at - 1),
    Enter: () => take(open.at),
    Tab: () => take(open.at),
    Escape: close,
  };

  document.addEventListener("keydown", (event) => {
    const act = open && event.target === open.area && !event.isComposing && !event.shiftKey && KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, true);

  document.addEventListener("pointerdown", (event) => {
    if (!open || event.target === open.area) return;
    const item = event.target.closest(".formula-offers > li");
    if (!item) return close();
    event.preventDefault(); // the caret stays where it is
    take([...open.list.children].indexOf(item));
  });

  document.addEventListener("focusout", (event) => { if (open && event.target === open.area) close(); });
})();
