/* Dashboard: what narrows it is applied as soon as it is chosen. */
(() => {
  for (const form of document.querySelectorAll("[data-narrow]")) {
    form.classList.add("is-live");
    form.addEventListener("change", () => {
      for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // no empty parameters
      form.requestSubmit();
    });
  }
})();
