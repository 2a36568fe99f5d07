/* Show-if: reads answers as the server stores them and decides which questions are asked.
   The same rules as forms/showif.py and tracker/operators.py; a test holds the two together. */
(() => {
  class Unresolved extends Error {}

  /* ---- answers, as the server would keep them: null is empty ------------------------------- */

  /* Blanks and line ends as Python counts them. */
  const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
  const ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
  const LINE_ENDS = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;
  const BARE = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+(\/\S*)?$/i;
  const SIGNS = /^(-?)\s*(?:[¥￥$€£]|RMB|CNY|USD|EUR|元)\s*|\s*(?:元|RMB|CNY|USD|EUR)$/gi;
  const GROUPED = /^-?\d{1,3}([,，\u00a0 ]\d{3})+(\.\d+)?$/;
  const LARGEST = 2n ** 63n - 1n;

  const trimmed = (text) => text.replaceAll("\0", "").replace(ENDS, "");
  const fold = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

  function typed(block) {
    const control = block.querySelector("input:not([type=radio]):not([type=checkbox]), textarea, select");
    return control ? control.value : "";
  }

  function chosen(block) {
    const select = block.querySelector("select");
    const values = select ? [...select.selectedOptions].map((one) => one.value)
      : [...block.querySelectorAll("input:checked")].map((one) => one.value);
    return values.filter((one) => /^\d+$/.test(one)).map(Number);
  }

  /** Digits with a decimal point → a BigInt of so many decimals, rounded half away from zero. */
  function scaled(text, places) {
    const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,4}))?$/i.exec(text);
    if (!parts || !(parts[2] + parts[3])) return null;
    const digits = BigInt(parts[2] + parts[3]);
    const shift = places - parts[3].length + Number(parts[4] || 0);
    if (digits !== 0n && digits.toString().length + shift > 19 + places + 1) return null;
    const value = shift >= 0 ? digits * 10n ** BigInt(shift) : halfUp(digits, 10n ** BigInt(-shift));
    return value > LARGEST ? null : parts[1] === "-" ? -value : value;
  }

  const halfUp = (digits, unit) => (digits * 2n + unit) / (unit * 2n);

  function number(block) {
    let text = trimmed(typed(block));
    if ("money" in block.dataset) text = text.replace(SIGNS, "$1");
    text = trimmed(text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0)));
    if (GROUPED.test(text)) text = text.replace(/[,，\u00a0 ]/g, "");
    return scaled(text.replace(/[%％\s]+$/, "").replaceAll("_", ""), Number(block.dataset.precision || 0));
  }

  /** 1:30 or 1:30:15 as seconds; a bare number is of `unit` seconds. */
  function span(text, unit) {
    const clock = /^(-?)(\d{1,9})[:：](\d{1,2})(?:[:：](\d{1,2}))?$/.exec(text);
    if (!clock) return /^-?\d{1,12}$/.test(text) ? BigInt(text) * BigInt(unit) : null;
    const seconds = BigInt(clock[2]) * 3600n + BigInt(clock[3]) * 60n + BigInt(clock[4] || 0);
    return clock[1] ? -seconds : seconds;
  }

  function day(text) {
    const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(trimmed(text));
    return parts ? `${parts[1]}-${parts[2].padStart(2, "0")}-${parts[3].padStart(2, "0")}` : null;
  }

  function moment(text) {
    const [date, time = "00:00"] = trimmed(text).split(/[T ]+/);
    const start = day(date);
    return start && /^\d\d:\d\d(:\d\d)?$/.test(time) ? `${start} ${time.padEnd(8, ":00")}` : null;
  }

  function address(text) {
    return text && BARE.test(text) ? `https://${text}` : text || null;
  }

  const READERS = {
    line: (block) => trimmed(typed(block)).replace(LINE_ENDS, " ") || null,
    lines: (block) => trimmed(typed(block)).replace(/\r\n?/g, "\n") || null,
    files: (block) => { const kept = block.querySelector("input[type=hidden]")?.value; return kept && kept !== "[]" ? kept : null; },
    score: (block) => { const [stars] = chosen(block); return stars ? BigInt(stars) : null; },
    span: (block) => span(trimmed(typed(block)), Number(block.dataset.unit || 60)),
    plain: (block) => trimmed(typed(block)) || null,
    address: (block) => address(trimmed(typed(block))),
    number,
    day: (block) => day(typed(block)),
    moment: (block) => moment(typed(block)),
    checked: (block) => Boolean(block.querySelector("input:checked")),
    id: (block) => chosen(block)[0] ?? null,
    ids: (block) => { const ids = [...new Set(chosen(block))]; return ids.length ? ids : null; },
  };

  const read = (block) => READERS[block.dataset.reads](block);

  /* ---- conditions --------------------------------------------------------------------------- */

  const filled = (test) => (value, operand) => value !== null && test(value, operand);
  const within = filled((value, [start, end]) => start <= value && value < end);
  const shares = (value, operand) => value.some((one) => operand.includes(one));

  const OPERATORS = {
    empty: (value) => value === null,
    filled: (value) => value !== null,
    is: (value, operand) => value === operand,
    is_not: (value, operand) => value !== operand,
    any_of: (value, operand) => operand.includes(value),
    none_of: (value, operand) => !operand.includes(value),
    contains: filled((value, operand) => fold(value).includes(fold(operand))),
    not_contains: (value, operand) => value === null || !fold(value).includes(fold(operand)),
    starts_with: filled((value, operand) => fold(value).startsWith(fold(operand))),
    ends_with: filled((value, operand) => fold(value).endsWith(fold(operand))),
    lt: filled((value, operand) => value < operand),
    le: filled((value, operand) => value <= operand),
    gt: filled((value, operand) => value > operand),
    ge: filled((value, operand) => value >= operand),
    on: within,
    within,
    before: filled((value, [start]) => value < start),
    after: filled((value, [, end]) => value >= end),
    from: filled((value, [start]) => value >= start),
    until: filled((value, [, end]) => value < end),
    checked: (value) => value === true,
    unchecked: (value) => value !== true,
    has_any: filled(shares),
    has_none: (value, operand) => value === null || !shares(value, operand),
  };

  const NUMERIC = new Set(["number", "score", "span"]);

  /* Numbers come as text, for they may be longer than a script's own numbers. */
  const operandOf = (leaf, reads) => (NUMERIC.has(reads) && leaf.v != null ? BigInt(leaf.v) : leaf.v);

  function test(condition, answers) {
    if (typeof condition === "boolean") return condition;
    if (condition === "unresolved") throw new Unresolved();
    if (condition.all) return condition.all.every((one) => test(one, answers));
    if (condition.any) return condition.any.some((one) => test(one, answers));
    if ("not" in condition) return !test(condition.not, answers);
    const { value = null, reads } = answers.get(condition.f) || {};
    return OPERATORS[condition.op](value, operandOf(condition, reads));
  }

  function holds(condition, answers) {
    try {
      return test(condition, answers);
    } catch (error) {
      if (error instanceof Unresolved) return false;
      throw error;
    }
  }

  /** Show and hide the questions inside ``root``, from the first to the last. */
  function refresh(root) {
    const answers = new Map();
    for (const block of root.querySelectorAll("[data-question]")) {
      const id = Number(block.dataset.question);
      const asked = block.dataset.showIf ? holds(JSON.parse(block.dataset.showIf), answers) : true;
      block.toggleAttribute("data-off", !asked);
      answers.set(id, { value: asked ? read(block) : null, reads: block.dataset.reads });
    }
    for (const part of root.querySelectorAll(".form-section"))
      part.toggleAttribute("data-off", !part.querySelector("[data-question]:not([data-off])"));
  }

  /** The questions that are asked now. */
  const asked = (root) => [...root.querySelectorAll("[data-question]:not([data-off])")];
  const answered = (block) => { const value = read(block); return value !== null && value !== false; };

  window.rounds.showIf = { refresh, asked, answered, read };
})();
