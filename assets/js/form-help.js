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
  if (form && "autoSubmit" in form.dataset) form.requestSubmit();
});
