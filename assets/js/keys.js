// Keys that work everywhere. Single letters can be switched off (they disturb speech input).
import { remember } from "./cookie.js";

export const lettersOn = () => !document.cookie.split("; ").includes("letters=off");
export function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || typing(event) || !lettersOn()) return;
  document.getElementById("keys-help")?.showModal();
  event.preventDefault();
});

const choices = document.querySelectorAll("[data-single-keys]");
for (const choice of choices) {
  choice.checked = lettersOn();
  choice.addEventListener("change", () => {
    remember("letters", choice.checked ? "on" : "off");
    for (const other of choices) other.checked = choice.checked;
  });
}
