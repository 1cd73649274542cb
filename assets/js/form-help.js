// The error summary takes the focus, and after a conflict the other person's value can be taken over.
import { htmx } from "./request.js";

htmx.onLoad((root) => root.querySelector?.("[data-error-summary]")?.focus());

document.addEventListener("click", (event) => {
  const take = event.target.closest("[data-take-for]");
  const field = take && document.getElementById(take.dataset.takeFor);
  if (field) {
    field.value = take.dataset.takeValue;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
});
// Filters answer at once; without this module the button 查询 sends them.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form || !("autoSubmit" in form.dataset)) return;
  const several = event.target.closest("[data-several]");
  // a menu of ticks answers when it closes, so that the next tick finds it open
  if (several) several.dataset.changed = "";
  else form.requestSubmit();
});
document.addEventListener(
  "toggle",
  (event) => {
    const several = event.target.closest?.("[data-several]");
    if (!several || several.open || !("changed" in several.dataset)) return;
    delete several.dataset.changed;
    several.closest("form")?.requestSubmit();
  },
  true,
);
