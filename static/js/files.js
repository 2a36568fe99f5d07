/* Files of a field: photos are made smaller here, sent ahead one by one, and named in the answer;
   signatures are drawn with a finger (or typed) and sent like a photo. Needs islands.js. */
(() => {
  const { islands, fetch: send } = window.rounds;
  const words = document.body.dataset;
  const LONGEST = 2000; // pixels of a photo's longer side
  const SMALL = 600_000; // bytes below which a photo is sent as it is

  const make = (tag, props, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const inputOf = (island) => island.querySelector("input[type=hidden]");
  const read = (island) => { try { return JSON.parse(inputOf(island).value || "[]"); } catch { return []; } };
  const size = (bytes) => (bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

  function write(island, files) {
    inputOf(island).value = files.length ? JSON.stringify(files) : "";
    islands.say(inputOf(island));
    paint(island);
  }

  const open = new Map(); // pads → take what is drawn there; true when nothing is left to take
  const under = new Set(); // uploads that are on their way

  /* What is drawn but not taken, or still on its way, goes along before the form does. */
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const pads = [...open].filter(([island]) => form.contains(island) && island.classList.contains("is-drawn"));
    if (!pads.length && !under.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await Promise.all(under);
    const taken = await Promise.all(pads.map(([, take]) => take()));
    if (taken.every(Boolean)) form.requestSubmit();
  }, true);

  /* ---- a photo made smaller; what it cannot be is sent as it is ---------------------------------- */

  async function smaller(file) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < SMALL) return file;
    try {
      const image = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
      const canvas = make("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
      if (!blob || blob.size >= file.size) return file;
      return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
    } catch { return file; }
  }

  async function upload(island, file) {
    if (!navigator.onLine) { tell(island, words.filesOffline); return null; }
    const body = new FormData();
    body.append("file", file, file.name);
    const { ok, status, data } = await send(island.dataset.upload, { body, quiet: true, signal: AbortSignal.timeout(120_000) });
    if (ok) return data;
    tell(island, data?.error || (status ? words.broken : words.filesOffline));
    return null;
  }

  function tell(island, text) {
    island.querySelector(".files-said").textContent = text;
  }

  async function add(island, chosen) {
    tell(island, "");
    for (const file of chosen) {
      const files = read(island);
      if (files.length >= Number(island.dataset.most)) { tell(island, words.filesMost.replace("{n}", island.dataset.most)); return; }
      const sent = await smaller(file);
      if (sent.size > Number(island.dataset.bytes)) { tell(island, words.filesLarge.replace("{n}", Math.round(Number(island.dataset.bytes) / 2 ** 20))); continue; }
      island.setAttribute("aria-busy", "true");
      const sending = upload(island, sent);
      under.add(sending);
      const kept = await sending;
      under.delete(sending);
      island.removeAttribute("aria-busy");
      if (kept) write(island, [...read(island), kept]);
    }
  }

  /* ---- what is there ---------------------------------------------------------------------------------- */

  function paint(island) {
    const list = island.querySelector(".file-list");
    if (!list) return;
    const files = read(island);
    list.replaceChildren(...files.map((file) => item(island, file)));
    if (island.dataset.island === "signature") island.classList.toggle("is-signed", files.length > 0);
  }

  function item(island, file) {
    const link = make("a", { href: file.width ? `/files/${file.id}/large` : `/files/${file.id}`, target: "_blank", title: file.name });
    if (file.width) link.append(make("img", { src: `/files/${file.id}/small`, alt: file.name, loading: "lazy" }));
    else link.append(make("span", { className: "file-name", textContent: file.name }), make("small", { textContent: size(file.size) }));
    const drop = make("button", { type: "button", className: "file-drop", textContent: "×", title: words.remove });
    drop.setAttribute("aria-label", `${words.remove}: ${file.name}`);
    drop.addEventListener("click", () => write(island, read(island).filter((one) => one.id !== file.id)));
    return make("li", { className: file.width ? "is-picture" : "" }, link, drop);
  }

  function begin(island) {
    if (island.querySelector(".file-list")) { paint(island); return; }
    const list = make("ul", { className: "file-list" });
    const said = make("p", { className: "files-said", role: "status" }); // not "error": the form takes those back
    island.append(list, ...(island.dataset.island === "signature" ? pad(island) : [picker(island)]), said);
    paint(island);
  }

  function picker(island) {
    const input = make("input", { type: "file", multiple: Number(island.dataset.most) > 1 });
    input.setAttribute("aria-label", words.filesAdd);
    input.addEventListener("input", (event) => event.stopPropagation());
    input.addEventListener("change", (event) => { event.stopPropagation(); add(island, [...input.files]); input.value = ""; });
    const label = make("label", { className: "btn files-add" }, words.filesAdd, input);
    for (const name of ["dragover", "dragleave", "drop"]) {
      island.addEventListener(name, (event) => {
        event.preventDefault();
        island.classList.toggle("is-over", name === "dragover");
        if (name === "drop") add(island, [...event.dataTransfer.files]);
      });
    }
    island.addEventListener("paste", (event) => { if (event.clipboardData?.files.length) add(island, [...event.clipboardData.files]); });
    return label;
  }

  /* ---- a signature ---------------------------------------------------------------------------------------- */

  function pad(island) {
    const canvas = make("canvas", { width: 640, height: 200, className: "sign-pad" });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words.signHere);
    const pen = canvas.getContext("2d");
    let drawn = false;
    let last = null;
    const mark = (on) => { drawn = on; island.classList.toggle("is-drawn", on); };
    const at = (event) => { const box = canvas.getBoundingClientRect(); return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height]; };
    const wipe = () => { pen.clearRect(0, 0, canvas.width, canvas.height); mark(false); };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); last = at(event); event.preventDefault(); });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const next = at(event);
      Object.assign(pen, { lineWidth: 3.2, lineCap: "round", lineJoin: "round", strokeStyle: "#1b2430" });
      pen.beginPath();
      pen.moveTo(...last);
      pen.lineTo(...next);
      pen.stroke();
      last = next;
      mark(true);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
    const typed = make("input", { className: "input", placeholder: words.signTyped, maxLength: 40, autocomplete: "off" });
    typed.setAttribute("aria-label", words.signTyped);
    typed.addEventListener("input", (event) => {
      event.stopPropagation();
      wipe();
      mark(Boolean(typed.value.trim()));
      Object.assign(pen, { font: "italic 64px serif", textBaseline: "middle", fillStyle: "#1b2430" });
      pen.fillText(typed.value, 24, 100, 592);
    });
    typed.addEventListener("change", (event) => event.stopPropagation());
    const done = make("button", { type: "button", className: "btn", textContent: words.signDone });
    const take = async () => {
      tell(island, "");
      const blob = await new Promise((ready) => { canvas.toBlob(ready, "image/png"); });
      const kept = await upload(island, new File([blob], "signature.png", { type: "image/png" }));
      if (kept) { wipe(); typed.value = ""; write(island, [kept]); }
      return Boolean(kept);
    };
    done.addEventListener("click", () => (drawn ? take() : tell(island, words.signHere)));
    open.set(island, () => (drawn ? take() : true));
    const clear = make("button", { type: "button", className: "btn btn-quiet", textContent: words.signClear });
    clear.addEventListener("click", () => { wipe(); typed.value = ""; });
    return [make("div", { className: "sign-box" }, canvas, make("div", { className: "sign-line" }, typed, done, clear))];
  }

  /* ---- beginning ---------------------------------------------------------------------------------------------- */

  const KINDS = "[data-island=files], [data-island=signature]";
  document.addEventListener("rounds:island", (event) => { if (event.target.matches?.(KINDS)) begin(event.target); });
  for (const kind of ["files", "signature"]) islands.SET[kind] = (island) => paint(island);
  for (const island of document.querySelectorAll(KINDS)) begin(island);
})();
