/* Share: copy what stands in a field, or the address of the page with its filter; days and passwords. */
(() => {
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (_error) { // no HTTPS: the old way
      const field = document.createElement("textarea");
      field.value = text;
      (document.querySelector("dialog[open]") || document.body).append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-address]");
    if (!button) return;
    const text = button.hasAttribute("data-copy-address") ? location.href : document.querySelector(button.dataset.copy).value;
    if (await copy(text)) window.rounds.toast({ text: button.dataset.copied, kind: "ok" });
  });
  /* A password that can be read out: three groups without letters that look alike. */
  function invented() {
    const letters = "abcdefghijkmnpqrstuvwxyz23456789"; // 32: a byte takes each alike
    const drawn = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => letters[byte % 32]);
    return [0, 4, 8].map((at) => drawn.slice(at, at + 4).join("")).join("-");
  }

  function fill(selector, value) {
    const field = document.querySelector(selector);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const maker = event.target.closest("[data-invent]");
    const preset = event.target.closest("[data-fill]");
    if (maker) fill(maker.dataset.invent, invented());
    if (preset) fill(preset.dataset.fill, preset.dataset.with);
  });
  document.addEventListener("input", (event) => {
    for (const one of document.querySelectorAll("[data-fill]")) {
      if (document.querySelector(one.dataset.fill) === event.target) one.setAttribute("aria-pressed", String(one.dataset.with === event.target.value));
    }
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });
})();
