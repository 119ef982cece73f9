// Adds to pages that work without it: saves drafts while typing, warns of entries not sent, takes a drawn signature,
// and keeps a form from being sent twice. Sends nothing anywhere but to the address the page names.
"use strict";

for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let dirty = false, sending = false, timer = 0, running = false, again = false;
  const note = form.querySelector("[data-draft-note]");
  const say = (text) => { if (note) note.textContent = text; };

  async function save() {
    if (sending) return;
    if (running) { again = true; return; }
    running = true;
    say(form.dataset.saving);
    const data = new FormData(form);
    data.delete("file"); // files and signatures go with the form only
    data.delete("signature");
    data.set("intent", "draft");
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const carried = form.querySelector("input[type=file]")?.files.length || form.querySelector("input[name=signature]")?.value;
      if (!again && !carried) dirty = false;
      const now = new Date(), two = (n) => String(n).padStart(2, "0");
      say(form.dataset.saved + " " + two(now.getHours()) + ":" + two(now.getMinutes()));
    } catch {
      say(form.dataset.failed);
    }
    running = false;
    if (again) { again = false; save(); }
  }

  form.addEventListener("input", () => {
    dirty = true;
    if (!form.dataset.draft) return;
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener("submit", (event) => {
    if (sending) { event.preventDefault(); return; }
    sending = true;
    dirty = false;
    clearTimeout(timer);
    setTimeout(() => { sending = false; }, 5000);
  });
  window.addEventListener("pageshow", () => { sending = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}

// What is chosen may change what else the page asks and shows: both are taken from the page as the server shows it with this
// choice, and what was typed meanwhile stays.
for (const form of document.querySelectorAll("form.actform")) {
  form.addEventListener("change", async (event) => {
    if (!event.target.closest("[data-refresh]")) return;
    const data = new FormData(form), { name, value } = event.target;
    data.delete("file");
    data.delete("signature");
    data.set("intent", "preview");
    const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return; // the form is as it was, and the server checks it anyway
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["form.actform [data-fields]", "[data-weighing]"]) {
      const old = document.querySelector(part), now = page.querySelector(part);
      if (!old || !now) continue;
      for (const from of old.querySelectorAll("[name]")) {
        for (const to of now.querySelectorAll("[name]")) {
          if (to.name !== from.name) continue;
          if (from.type !== "radio" && from.type !== "checkbox") to.value = from.value;
          else if (to.value === from.value) to.checked = from.checked;
        }
      }
      old.replaceWith(now);
    }
    for (const to of form.querySelectorAll("[name]")) {
      if (to.name === name && (to.type !== "radio" || to.value === value)) to.focus({ preventScroll: true });
    }
  });
}

for (const pad of document.querySelectorAll("[data-pad]")) {
  const hidden = pad.querySelector("input[name=signature]");
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
  canvas.width = 420 * scale;
  canvas.height = 140 * scale;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-labelledby", "pad-label");
  const pen = canvas.getContext("2d");
  pen.lineCap = pen.lineJoin = "round";
  pen.lineWidth = 2.5 * scale;
  pen.strokeStyle = "#111";
  let down = false;
  const place = (e) => {
    const box = canvas.getBoundingClientRect();
    return [(e.clientX - box.left) / box.width * canvas.width, (e.clientY - box.top) / box.height * canvas.height];
  };
  canvas.addEventListener("pointerdown", (e) => { down = true; canvas.setPointerCapture(e.pointerId); pen.beginPath(); pen.moveTo(...place(e)); e.preventDefault(); });
  canvas.addEventListener("pointermove", (e) => { if (down) { pen.lineTo(...place(e)); pen.stroke(); } });
  const up = () => {
    if (!down) return;
    down = false;
    hidden.value = canvas.toDataURL("image/png");
    hidden.dispatchEvent(new Event("input", { bubbles: true }));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  const clear = document.createElement("button");
  clear.type = "button";
  clear.className = "button small";
  clear.textContent = pad.dataset.clear;
  clear.addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    hidden.value = "";
    hidden.dispatchEvent(new Event("input", { bubbles: true }));
  });
  for (const hint of pad.querySelectorAll(".noscript")) hint.remove();
  pad.append(canvas, clear);
}

document.getElementById("errors")?.focus();

// A page that is left open learns when what it shows has moved. It then takes itself anew from the server and exchanges what
// differs; what somebody is typing in, has opened or has in focus stays. A form says that the case moved and changes nothing.
// While the page is not looked at it asks once a minute instead of holding a line open.
if (document.body.dataset.live && window.EventSource) {
  const words = document.body.dataset, box = document.querySelector(".live");
  const typed = "liveForm" in words, rest = 1000, restOfLists = 10000, poll = 60000;
  const seldom = words.live.startsWith("/live");
  let line = null, timer = 0, waiting = false, running = false, again = false, last = 0, fresh = new Date(), ended = false;
  const two = (n) => String(n).padStart(2, "0");
  const clock = (d) => two(d.getHours()) + ":" + two(d.getMinutes()) + ":" + two(d.getSeconds());
  const dirty = (node) => node.contains(document.activeElement) && document.activeElement !== document.body
    && document.activeElement.matches("input, textarea, select, [contenteditable]")
    || [...node.querySelectorAll("input, textarea, select")].some((e) =>
      e.type === "checkbox" || e.type === "radio" ? e.checked !== e.defaultChecked
        : e.tagName === "SELECT" ? [...e.options].some((o) => o.selected !== o.defaultSelected) && e.value !== (([...e.options].find((o) => o.defaultSelected) ?? e.options[0])?.value)
          : e.type !== "hidden" && e.value !== e.defaultValue);

  function say(text, kind, link, word = words.liveSee) {
    const p = document.createElement("p");
    p.textContent = text;
    if (link) {
      const a = document.createElement("a");
      a.href = link;
      a.textContent = word;
      if (typed && !ended) a.target = "_blank"; // what is typed here stays
      p.append(" ", a);
    }
    box.replaceChildren(p);
    box.dataset.kind = kind;
  }

  // like tells whether two nodes are the same apart from what the reader opened.
  const like = (a, b) => {
    if (a.nodeType !== 1 || b.nodeType !== 1) return a.isEqualNode(b);
    const x = a.cloneNode(true), y = b.cloneNode(true);
    for (const z of [x, y]) {
      z.removeAttribute("data-new");
      for (const d of [z, ...z.querySelectorAll("details, [data-new]")]) { d.removeAttribute("open"); d.removeAttribute("data-new"); }
    }
    return x.isEqualNode(y);
  };
  let left = false;
  function exchange(old, now) {
    if (like(old, now)) return;
    if (old.nodeType === 1 && now.nodeType === 1 && old.tagName === now.tagName && old.childNodes.length && now.childNodes.length) {
      for (const a of now.attributes) if (a.name !== "open" && old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
      for (const a of [...old.attributes]) if (a.name !== "open" && a.name !== "data-new" && !now.hasAttribute(a.name)) old.removeAttribute(a.name);
      const was = [...old.childNodes], will = [...now.childNodes];
      if (was.length === will.length) {
        for (let i = 0; i < was.length; i++) exchange(was[i], will[i]);
        return;
      }
      if (was.some((n) => n.nodeType === 1 && dirty(n) && !will.some((m) => like(n, m)))) { left = true; return; }
      const free = new Set(was);
      old.replaceChildren(...will.map((m) => {
        const same = [...free].find((n) => like(n, m));
        if (same) { free.delete(same); return same; }
        if (m.nodeType === 1) m.setAttribute("data-new", "");
        return m;
      }));
      return;
    }
    if (old.nodeType === 1 && dirty(old)) { left = true; return; }
    if (now.nodeType === 1) now.setAttribute("data-new", "");
    old.replaceWith(now);
  }

  async function renew() {
    if (ended || typed) { if (typed && !ended) say(words.liveMoved, "moved", new URL(words.live, location.href).pathname.replace(/\/live$/, "")); return; }
    if (running) { again = true; return; }
    running = true;
    last = Date.now();
    const here = new URL(location.href);
    here.searchParams.delete("done");
    try {
      const answer = await fetch(here.pathname + here.search, { headers: { "X-Live": "1" }, credentials: "same-origin" });
      if (answer.redirected && new URL(answer.url).pathname === "/signin") { end(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.dataset.live) words.live = page.body.dataset.live;
      left = false;
      for (const old of document.querySelectorAll("[data-new]")) old.removeAttribute("data-new");
      for (const part of ["header.top", "main .idbar", "main nav.tabs", "main .body"]) {
        const old = document.querySelector(part), now = page.querySelector(part);
        if (old && now) exchange(old, now);
      }
      fresh = new Date();
      if (left) say(words.liveHere, "moved", here.pathname + here.search);
      else say(words.liveFresh.replace("{at}", clock(fresh)), "fresh");
    } catch {
      lost();
    } finally {
      running = false;
      if (again) { again = false; soon(); }
    }
  }

  function soon() {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; renew(); }, Math.max(0, last + (seldom ? restOfLists : rest) - Date.now()));
  }

  function lost() { if (!ended) say(words.liveLost.replace("{at}", clock(fresh)), "lost"); }

  function end() {
    ended = true;
    line?.close();
    clearTimeout(timer);
    say(words.liveEnded, "lost", "/signin?return=" + encodeURIComponent(location.pathname + location.search), words.liveSignin);
  }

  function listen() {
    if (ended || line) return;
    line = new EventSource(words.live);
    let broken = 0;
    line.onopen = () => { clearTimeout(broken); broken = 0; if (box.dataset.kind === "lost") renew(); };
    line.onerror = () => {
      if (!broken) broken = setTimeout(lost, 10000);
      if (line?.readyState === EventSource.CLOSED) { line = null; ask(); timer = setTimeout(listen, 15000); }
    };
    line.addEventListener("moved", soon);
    line.addEventListener("ended", end);
  }

  async function ask() {
    const answer = await fetch(words.live, { credentials: "same-origin" }).catch(() => null);
    if (answer?.redirected) { end(); return; }
    if (!answer?.ok) { lost(); return; }
    if ((await answer.json()).moved) soon();
  }

  function look() {
    clearTimeout(timer);
    if (ended) return;
    if (document.visibilityState === "visible") { ask(); listen(); return; }
    line?.close();
    line = null;
    const again = () => { ask(); timer = setTimeout(again, poll); };
    timer = setTimeout(again, poll);
  }
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", () => { line?.close(); line = null; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  listen();
}
