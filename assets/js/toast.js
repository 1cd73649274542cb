// Short notices at the foot of the page, read out by the live region they stand in.
const LASTING = { error: 0, warning: 12000, info: 6000, success: 6000 };
const UNDO_SECONDS = 10000;

function part(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function settle(note, milliseconds) {
  if (!milliseconds) return;
  let timer = setTimeout(() => note.remove(), milliseconds);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = setTimeout(() => note.remove(), 3000)));
}

function undoForm(url) {
  const form = part("form");
  form.method = "post";
  form.action = url;
  const token = part("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = document.body.dataset.csrf ?? "";
  form.append(token, part("button", "toast-undo", "撤销"));
  return form;
}

export function toast({ text, level = "info", undo = "" }) {
  const area = document.querySelector("[data-toasts]");
  if (!area || !text) return;
  const note = part("div", "toast-note");
  note.dataset.level = level;
  note.append(part("span", "grow", text));
  if (undo) note.append(undoForm(undo));
  const close = part("button", "", "关闭");
  close.type = "button";
  close.dataset.toastClose = "";
  note.append(close);
  area.append(note);
  settle(note, undo ? UNDO_SECONDS : LASTING[level]);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest(".toast-note")?.remove();
});
// The server says it with the header HX-Trigger: {"toast": {"text": …, "level": …, "undo": …}}.
document.addEventListener("toast", (event) => toast(event.detail));
for (const note of document.querySelectorAll("[data-toasts] > .toast-note")) {
  settle(note, note.querySelector(".toast-undo") ? UNDO_SECONDS : LASTING[note.dataset.level]);
}
