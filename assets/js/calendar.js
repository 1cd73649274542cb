// The calendar: a line is dragged to another day with the pointer, and opens beside the days when clicked.
// A finger scrolls, so touch has 改到… instead, as the keyboard has; the server answers with the days as they are now.
import { htmx } from "./request.js";

const WIDE = matchMedia("(min-width: 64rem)");
const FAR = 6;
let drag = null;

const dayAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-day]");

function swallow(click) {
  click.preventDefault();
  click.stopPropagation();
}

function stop() {
  drag?.item.classList.remove("cal-dragged");
  drag?.over?.classList.remove("cal-over");
  drag = null;
}

document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest?.("[data-calendar] [data-drag]");
  if (!item || event.button !== 0 || event.pointerType === "touch" || event.target.closest(".cal-move")) return;
  drag = { item, from: item.closest("[data-day]"), x: event.clientX, y: event.clientY, over: null, moving: false };
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (!drag.moving && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
  drag.moving = true;
  drag.item.classList.add("cal-dragged");
  event.preventDefault();
  const day = dayAt(event);
  if (day === drag.over) return;
  drag.over?.classList.remove("cal-over");
  drag.over = day ?? null;
  if (day && day !== drag.from) day.classList.add("cal-over");
});

document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { item, from, moving } = drag;
  const day = dayAt(event);
  stop();
  if (!moving) return;
  // the click that ends a drag opens nothing
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  if (!day || day === from) return;
  htmx.ajax("POST", item.dataset.dropUrl, {
    target: "#calendar", swap: "outerHTML", values: { version: item.dataset.version, to: day.dataset.day },
  });
});

document.addEventListener("pointercancel", stop);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) stop();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-calendar] .cal-link");
  if (!link || !WIDE.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", link.href, { target: "#panel", swap: "innerHTML" });
});
