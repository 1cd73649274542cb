// Editing in the cell: click, F2 or Enter opens the editor, Enter saves, Esc puts back what stood there.
// A stale save comes back with a dialog of both values. Arrow keys walk the cells that can be edited.
import { htmx } from "./request.js";

const DESK = matchMedia("(min-width: 48rem)");
const before = new Map();
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let lastKey = 0;
let came = "";

const keyOf = (cell) => `${cell.closest("tr").dataset.id}:${cell.dataset.edit}`;
const find = (key) => {
  const [id, column] = key.split(":");
  return document.querySelector(`tr[data-id="${CSS.escape(id)}"] td[data-edit="${CSS.escape(column)}"]`);
};

function begin(cell) {
  const table = cell.closest("[data-edit-url]");
  if (!table || "editing" in cell.dataset || !DESK.matches) return;
  before.set(keyOf(cell), cell.cloneNode(true));
  const url = table.dataset.editUrl.replace("/0/", `/${cell.closest("tr").dataset.id}/`).replace("/column/", `/${cell.dataset.edit}/`);
  htmx.ajax("GET", url, { target: cell, swap: "outerHTML settle:0ms" });
}

function restore(cell) {
  const key = keyOf(cell);
  const old = before.get(key);
  if (!old) return;
  before.delete(key);
  cell.replaceWith(old);
  focus(old);
}

function focus(cell) {
  if (!cell) return;
  for (const other of document.querySelectorAll("td[data-edit][tabindex='0']")) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus({ preventScroll: false });
}

function step(cell, [across, down]) {
  const row = cell.closest("tr");
  if (across) {
    const all = [...row.querySelectorAll("td[data-edit]")];
    return all[all.indexOf(cell) + across];
  }
  for (let other = down > 0 ? row.nextElementSibling : row.previousElementSibling; other; other = down > 0 ? other.nextElementSibling : other.previousElementSibling) {
    const found = other.querySelector(`td[data-edit="${CSS.escape(cell.dataset.edit)}"]`);
    if (found) return found;
  }
  return null;
}

const input = (form) => form.querySelector("input:not([type=hidden]), select, textarea");

document.addEventListener("click", (event) => {
  const cell = event.target.closest("td[data-edit]");
  if (cell && !event.target.closest("a, button") && !event.ctrlKey && !event.metaKey) begin(cell);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (form && event.target.matches("select")) lastKey = Date.now();
  if (form) {
    if (event.key === "Escape" && !form.querySelector("dialog[open]")) {
      event.stopImmediatePropagation();
      event.preventDefault();
      restore(form.closest("td"));
    } else if (event.key === "Enter" && !event.isComposing && event.target.matches("input, select, textarea")) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  const cell = event.target.matches?.("td[data-edit]") && event.target;
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === "F2") begin(cell);
  else if (STEPS[event.key]) focus(step(cell, STEPS[event.key]));
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Leaving the cell saves what was changed and puts back what was not, as a spreadsheet does.
document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (!form || form.contains(event.relatedTarget) || form.querySelector("dialog[open]") || form.classList.contains("htmx-request")) return;
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || form.querySelector("dialog[open]") || form.classList.contains("htmx-request")) return;
    if (input(form).value === form.elements.seen.value) restore(form.closest("td"));
    else form.requestSubmit();
  }, 0);
});
// A choice made with the pointer is made; with the keyboard it is still being looked for.
document.addEventListener("change", (event) => {
  const form = event.target.matches("select") && event.target.closest("[data-cell-form]");
  if (form && Date.now() - lastKey > 500) form.requestSubmit();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (form) came = keyOf(form.closest("td"));
});
// Only htmx sends it: in the moment before it knows the form nothing must leave the page.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-cell-form]")) event.preventDefault();
}, true);
htmx.onLoad((root) => {
  const form = root.matches?.("[data-editing]") ? root.querySelector("[data-cell-form]") : null;
  if (form) {
    const dialog = form.querySelector("dialog[data-show]");
    if (dialog) dialog.showModal();
    else {
      input(form)?.focus();
      input(form)?.select?.();
    }
    return;
  }
  if (root.matches?.("td[data-edit]")) {
    before.delete(keyOf(root));
    if (came === keyOf(root)) focus(find(came));
    came = "";
    return;
  }
  const first = document.querySelector("[data-edit-url] td[data-edit]");
  if (first && !document.querySelector("td[data-edit][tabindex='0']")) first.tabIndex = 0;
});
