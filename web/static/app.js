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
