/* Share: copy what stands in a field, or the address of the page with its filter. */
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
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });
})();
