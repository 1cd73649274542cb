// A revealed phone number covers itself again: data-hide-after="30" (seconds), data-hidden-text="186 **** 1402".
import { htmx } from "./request.js";

htmx.onLoad((root) => {
  const all = [...(root.querySelectorAll?.("[data-hide-after]") ?? [])];
  if (root.matches?.("[data-hide-after]")) all.push(root);
  for (const element of all) {
    setTimeout(() => {
      element.textContent = element.dataset.hiddenText ?? "****";
    }, Number(element.dataset.hideAfter) * 1000);
  }
});
