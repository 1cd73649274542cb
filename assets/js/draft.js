// What is typed survives a closed tab: forms with data-draft="name" are kept in this browser,
// under the person and the page, until the server has taken them.
import { htmx } from "./request.js";

const WAIT = 800;
const KEEP_DAYS = 7;
const PREFIX = "draft:";
const SENT = "draft-sent";
const NEVER = new Set(["csrfmiddlewaretoken", "form_key", "version"]);

const person = () => document.body.dataset.person ?? "";
const keyOf = (form) => `${PREFIX}${person()}:${location.pathname}:${form.dataset.draft}`;
const dirty = new Set();
const timers = new WeakMap();

function fields(form) {
  return [...form.elements].filter((field) => field.name && !NEVER.has(field.name) && !["password", "file", "submit", "button"].includes(field.type));
}

function values(form) {
  return fields(form).map((field) => {
    if (field.type === "checkbox" || field.type === "radio") return [field.name, field.value, field.checked];
    if (field.multiple) return [field.name, [...field.selectedOptions].map((option) => option.value), true];
    return [field.name, field.value, true];
  });
}

function save(form) {
  localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values: values(form) }));
  const mark = form.querySelector("[data-draft-mark]");
  if (mark) mark.textContent = "本机草稿已存";
}

function fill(form, stored) {
  const all = fields(form);
  for (const [name, value, checked] of stored) {
    for (const field of all.filter((candidate) => candidate.name === name)) {
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.value === value) field.checked = checked;
      } else if (field.multiple) {
        for (const option of field.options) option.selected = value.includes(option.value);
      } else {
        field.value = value;
      }
    }
  }
}

function offer(form, draft) {
  const time = new Date(draft.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const note = document.createElement("p");
  note.className = "box p-3 flex items-center gap-3";
  note.setAttribute("role", "status");
  const text = document.createElement("span");
  text.className = "grow";
  text.textContent = `已恢复 ${time} 没有提交的草稿。`;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "btn btn-sm";
  drop.textContent = "丢弃草稿";
  drop.addEventListener("click", () => {
    forget(form);
    form.reset();
    note.remove();
  });
  note.append(text, drop);
  (form.querySelector("[data-draft-place]") ?? form).prepend(note);
}

function forget(form) {
  clearTimeout(timers.get(form));
  localStorage.removeItem(keyOf(form));
  dirty.delete(form);
}

function restore(form) {
  // A form the server sent back already carries everything typed.
  if (form.dataset.bound === "yes") {
    dirty.add(form);
    return;
  }
  const text = localStorage.getItem(keyOf(form));
  if (!text) return;
  const draft = JSON.parse(text);
  if (JSON.stringify(draft.values) === JSON.stringify(values(form))) return;
  fill(form, draft.values);
  dirty.add(form);
  offer(form, draft);
}

function clearTaken() {
  const sent = sessionStorage.getItem(SENT);
  if (!sent) return;
  sessionStorage.removeItem(SENT);
  // An error page or a fresh sign-in: the server has not taken the form. Coming back by "back" or
  // "reload" after a broken connection, nobody knows: the draft stays, it is offered and can be dropped.
  const [entry] = performance.getEntriesByType("navigation");
  if ("keepDrafts" in document.body.dataset || entry?.type !== "navigate") return;
  const back = [...document.querySelectorAll("form[data-draft][data-bound=yes]")].some((form) => keyOf(form) === sent);
  if (!back) localStorage.removeItem(sent);
}

function clearOld() {
  const limit = Date.now() - KEEP_DAYS * 86400000;
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    if ((JSON.parse(localStorage.getItem(key))?.at ?? 0) < limit) localStorage.removeItem(key);
  }
}

function edited(event) {
  const form = event.target.form?.closest?.("form[data-draft]");
  if (!form || NEVER.has(event.target.name)) return;
  dirty.add(form);
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), WAIT));
}

document.addEventListener("input", edited);
document.addEventListener("change", edited);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-draft]") || event.defaultPrevented) return;
  save(form);
  dirty.delete(form);
  sessionStorage.setItem(SENT, keyOf(form));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (form && event.detail.successful) forget(form);
});
addEventListener("beforeunload", (event) => {
  for (const form of dirty) if (form.isConnected) return event.preventDefault();
});

clearOld();
clearTaken();
htmx.onLoad((root) => {
  const forms = root.matches?.("form[data-draft]") ? [root] : root.querySelectorAll("form[data-draft]");
  forms.forEach(restore);
});
