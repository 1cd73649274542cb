// The tools above a list: density, full screen, and the columns' order by dragging, arrows or Alt with the arrow keys.
import { apply } from "./theme.js";

const root = document.documentElement;
let opener = "";

function fill(on) {
  root.toggleAttribute("data-full", on);
  for (const button of document.querySelectorAll("[data-full-toggle]")) button.setAttribute("aria-pressed", String(on));
  // The screen itself only where the browser lets us; the list alone in the window is enough.
  if (on) root.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

function move(item, step) {
  const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(item);
  else other.after(item);
}

document.addEventListener("click", (event) => {
  const tool = event.target.closest(".list-tools [id]");
  if (tool) opener = tool.id;
  if (event.target.closest("[data-density-toggle]")) apply("density", root.dataset.density === "compact" ? "comfortable" : "compact");
  if (event.target.closest("[data-full-toggle]")) fill(!root.hasAttribute("data-full"));
  const arrow = event.target.closest("[data-move]");
  if (arrow) {
    move(arrow.closest("li"), Number(arrow.dataset.move));
    arrow.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.hasAttribute("data-full") && !document.querySelector("dialog[open], [data-editing]")) fill(false);
  const item = event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key) && event.target.closest("[data-reorder] li");
  if (!item) return;
  event.preventDefault();
  move(item, event.key === "ArrowUp" ? -1 : 1);
  event.target.focus();
});
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && root.hasAttribute("data-full")) fill(false);
});

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-reorder] li") ?? null;
});
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest("[data-reorder] li");
  if (!over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("dragend", () => (dragged = null));

// The list is drawn anew after a filter: the pressed tool keeps the focus and its state.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "list") return;
  const full = root.hasAttribute("data-full");
  for (const button of document.querySelectorAll("[data-full-toggle]")) button.setAttribute("aria-pressed", String(full));
  if (document.activeElement === document.body && opener) document.getElementById(opener)?.focus();
});
