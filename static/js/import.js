/* Import: the file that was chosen is named and measured; the file is read again when a choice changes. */
(() => {
  const form = document.querySelector("[data-upload]");
  const input = form?.querySelector("input[type=file]");
  const drop = form?.querySelector(".drop");

  input?.addEventListener("change", () => {
    const files = [...input.files];
    const problem = form.querySelector("[data-problem]");
    const several = files.length > 1 && form.dataset.several;
    if (files.length) form.querySelector("[data-name]").textContent = several ? several.replace("{n}", files.length) : files[0].name;
    const large = files.reduce((size, file) => size + file.size, 0) > Number(form.dataset.most);
    problem.hidden = !large;
    problem.textContent = large ? form.dataset.tooLarge : "";
    input.setCustomValidity(large ? form.dataset.tooLarge : "");
  });
  for (const name of ["dragenter", "dragover"]) drop?.addEventListener(name, () => drop.classList.add("is-over"));
  for (const name of ["dragleave", "drop"]) drop?.addEventListener(name, () => drop.classList.remove("is-over"));

  const reading = document.querySelector("[data-reading]");
  reading?.addEventListener("change", (event) => {
    /* Another sheet has other headers. */
    if (event.target.name === "sheet") reading.elements.header_row.disabled = true;
    reading.requestSubmit();
  });

  /* A new field wants a name; the others have theirs. */
  function follow(select) {
    const cell = document.querySelector(`[data-new="${select.name}"] input`);
    if (cell) cell.hidden = !select.value.startsWith("new:");
  }
  for (const select of document.querySelectorAll(".import-columns select")) {
    follow(select);
    select.addEventListener("change", () => follow(select));
  }
})();
