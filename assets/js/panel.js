// The side panel: a click on a row shows its gist at the right while the list stays.
// J / K walk the rows, Enter opens the page, Esc closes. On a phone a row is a plain link.
import { htmx } from "./request.js";
import { lettersOn, typing } from "./keys.js";

const WIDE = matchMedia("(min-width: 64rem)");
const panel = () => document.getElementById("panel");
const rows = () => [...document.querySelectorAll("tr[data-row]")];
const current = () => document.querySelector("tr.row-on");

function mark(row) {
  current()?.classList.remove("row-on");
  row?.classList.add("row-on");
}

function show(row) {
  mark(row);
  row.scrollIntoView({ block: "nearest" });
  if (row.dataset.panelUrl && panel()) {
    htmx.ajax("GET", row.dataset.panelUrl, { target: "#panel", swap: "innerHTML" });
  }
}

function close() {
  panel().replaceChildren();
  current()?.querySelector("a")?.focus({ preventScroll: true });
}

function link(row) {
  return row.dataset.href ?? row.querySelector("td.lead a")?.href;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) {
    event.preventDefault();
    close();
    return;
  }
  const row = event.target.closest("tr[data-row]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const inner = event.target.closest("a, button, input, label, select, summary");
  if (inner && !inner.matches("td.lead a")) return;
  if (!inner && WIDE.matches && event.target.closest("td[data-edit]")) return; // edited in place: cell-edit.js
  if (WIDE.matches && row.dataset.panelUrl) {
    event.preventDefault();
    show(row);
  } else if (!inner && link(row)) {
    location.href = link(row);
  }
});

// Beyond the last row the next page begins, before the first the one before it.
function turn(step) {
  const link = document.querySelector(`[data-list] a[rel=${step > 0 ? "next" : "prev"}]`);
  if (!link) return;
  const arrive = () => {
    const all = rows();
    const row = all[step > 0 ? 0 : all.length - 1];
    if (row) (WIDE.matches ? show : mark)(row);
  };
  document.addEventListener("htmx:afterSettle", arrive, { once: true });
  link.click();
}

function walk(step) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at < 0 ? 0 : at + step];
  if (!next) return turn(step);
  if (WIDE.matches) show(next);
  else mark(next);
}

// On the page of a record J and K lead to its neighbours in the list one came from.
function beside(event) {
  const side = { j: "next", k: "prev" }[event.key.toLowerCase()];
  const link = side && document.querySelector(`[data-neighbour=${side}]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel()?.childElementCount && !document.querySelector("dialog[open]")) return close();
  if (typing(event) || !lettersOn()) return;
  if (!rows().length) return beside(event);
  if (event.key === "j" || event.key === "J" || (event.key === "ArrowDown" && current())) walk(1);
  else if (event.key === "k" || event.key === "K" || (event.key === "ArrowUp" && current())) walk(-1);
  else if (event.key === "Enter" && current() && !event.target.closest("a, button, summary")) location.href = link(current());
  else return;
  event.preventDefault();
});

// The figure column beside the list is announced by its heading when it changes.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "panel") return;
  event.target.scrollTop = 0;
  if (!WIDE.matches) event.target.querySelector("h2, a, button")?.focus();
});
