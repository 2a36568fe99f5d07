/* Islands: inputs that are more than one control. Each keeps its answer in one input (with
   data-editor on record pages), says "change" there, and repaints when it hears "rounds:set". */
(() => {
  const words = document.body.dataset;
  const say = (input) => {
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const answerOf = (island) => island.querySelector("[data-editor], input:not([type=range], [type=file])");

  /* ---- stars, slider ------------------------------------------------------------------------------ */

  document.addEventListener("change", (event) => {
    const star = event.target.closest?.("[data-island=rating] input[type=radio]");
    if (!star) return;
    event.stopPropagation();
    const input = answerOf(star.closest("[data-island]"));
    input.value = star.value;
    say(input);
  }, true);

  /* A pressed star of a record that is pressed again takes the rating back. */
  let held = null;
  document.addEventListener("pointerdown", (event) => {
    const star = event.target.closest?.("[data-island=rating] .choice")?.querySelector("input");
    held = star?.checked ? star : null;
  });
  document.addEventListener("click", (event) => {
    if (event.target !== held || !held) return;
    held.checked = false;
    const input = answerOf(held.closest("[data-island]"));
    held = null;
    input.value = "";
    say(input);
  });

  document.addEventListener("input", (event) => {
    const slide = event.target.closest?.("[data-island=slide] input[type=range]");
    const island = event.target.closest?.("[data-island=slide]");
    if (!island) return;
    if (slide) answerOf(island).value = slide.value;
    else island.querySelector("input[type=range]").value = event.target.value || 0;
  }, true);
  document.addEventListener("change", (event) => {
    const slide = event.target.closest?.("[data-island=slide] input[type=range]");
    if (slide) say(answerOf(slide.closest("[data-island]")));
  });

  document.addEventListener("rounds:set", (event) => {
    const island = event.target.closest?.("[data-island]");
    const repaint = island && SET[island.dataset.island];
    if (repaint) repaint(island, event.target.value);
  });
  const SET = {
    rating: (island, value) => { for (const one of island.querySelectorAll("input[type=radio]")) one.checked = one.value === value; },
    slide: (island, value) => { island.querySelector("input[type=range]").value = value || 0; },
  };

  /* ---- where I am --------------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-here]");
    if (!button) return;
    const input = answerOf(button.closest("[data-island]"));
    button.setAttribute("aria-busy", "true");
    const done = (text) => {
      button.removeAttribute("aria-busy");
      if (text) { window.rounds.toast({ text, kind: "attention" }); return; }
      say(input);
    };
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const named = input.value.replace(/^[-+\d.,\s]+/, "").trim();
      input.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)} ${named}`.trim();
      done("");
    }, () => done(words.noPlace), { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 });
  });

  /* ---- reading a code with the camera ---------------------------------------------------------------- */

  const FORMATS = { qr: "qr_code", ean13: "ean_13", ean8: "ean_8", upca: "upc_a", code39: "code_39", code128: "code_128" };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-scan]");
    if (!button) return;
    const island = button.closest("[data-island]");
    const formats = FORMATS[island.dataset.code] ? [FORMATS[island.dataset.code]] : undefined;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch { window.rounds.toast({ text: words.noCamera, kind: "attention" }); return; }
    const code = await look(stream, new window.BarcodeDetector(formats && { formats }));
    for (const track of stream.getTracks()) track.stop();
    if (!code) return;
    const input = answerOf(island);
    input.value = code;
    say(input);
  });

  /** Show what the camera sees until a code is in it, or the person goes back. */
  async function look(stream, detector) {
    const box = Object.assign(document.createElement("dialog"), { className: "scan" });
    const video = Object.assign(document.createElement("video"), { srcObject: stream, playsInline: true, muted: true });
    const back = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: words.cancel });
    let open = true;
    back.addEventListener("click", () => box.close());
    box.addEventListener("close", () => { open = false; });
    box.append(video, back);
    document.body.append(box);
    box.showModal();
    await video.play();
    let found = null;
    while (open && !found) {
      found = (await detector.detect(video).catch(() => []))[0]?.rawValue || null;
      await new Promise((next) => { setTimeout(next, 120); });
    }
    box.remove();
    return found;
  }

  /* ---- what this browser can do ------------------------------------------------------------------------ */

  function offer(root = document) {
    if (navigator.geolocation && isSecureContext) root.querySelectorAll("[data-here]").forEach((one) => { one.hidden = false; });
    if (window.BarcodeDetector && navigator.mediaDevices?.getUserMedia) root.querySelectorAll("[data-scan]").forEach((one) => { one.hidden = false; });
    root.querySelectorAll("[data-island]").forEach((one) => one.dispatchEvent(new Event("rounds:island", { bubbles: true })));
  }
  new MutationObserver((all) => {
    for (const { addedNodes } of all) for (const node of addedNodes) if (node.querySelector?.("[data-island]")) offer(node);
  }).observe(document.documentElement, { childList: true, subtree: true });
  offer();
  Object.assign(window.rounds, { islands: { answerOf, say, SET } });
})();
