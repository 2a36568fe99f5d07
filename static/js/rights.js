/* Rights: a condition builder for each action of a role; the rule is said in words as it grows. */
(() => {
  const form = document.getElementById("rights");
  const about = JSON.parse(form.dataset.about);

  /* Every row counts, unfinished ones too: the server names what is missing instead of a wider rule. */
  const bare = ({ field, op, value = null }) => ({ field, op, value });
  function ruleOf(rows) {
    return { [rows.conj]: rows.items.map((one) => ("opaque" in one ? one.opaque : one.items ? ruleOf(one) : bare(one.leaf))) };
  }

  for (const box of form.querySelectorAll("[data-rule]")) {
    const input = box.querySelector(`[name=${box.dataset.rule}]`);
    const said = box.querySelector("[data-said]");
    let waiting;

    async function say(rule) {
      const { data } = rule ? await window.rounds.fetch(form.dataset.say, { json: { rule }, quiet: true }) : { data: null };
      said.textContent = data?.said || "";
      said.hidden = !said.textContent;
    }

    function changed() {
      const rule = ruleOf(filter.rows);
      input.value = JSON.stringify(rule);
      clearTimeout(waiting);
      waiting = setTimeout(() => say(rule), 250);
    }

    let standing = null;
    try { standing = JSON.parse(input.value || "null"); } catch { /* typed by no one: begins empty */ }
    const filter = new window.rounds.Filter(box.querySelector("[data-rows]"), { ...about, filter: standing },
      { words: form.dataset, change: changed });
    box.querySelector("[data-add-condition]").addEventListener("click", () => filter.add());
    box.querySelector("[data-add-group]").addEventListener("click", () => filter.add({ group: true }));
    const kind = `${box.dataset.rule}_kind`;
    const begin = () => { if (form.elements[kind].value === "some" && !filter.rows.items.length) filter.add(); };
    form.addEventListener("change", (event) => { if (event.target.name === kind) begin(); });
    begin(); // chosen before this script was here
  }
})();
