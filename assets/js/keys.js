// Keys that work everywhere. Single letters can be switched off (they disturb speech input).
const OFF = "single-keys-off";

export const lettersOn = () => localStorage.getItem(OFF) === null;
export function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]");
}

function search() {
  const box = document.querySelector("[data-search]");
  if (!box) return false;
  box.focus();
  box.select();
  return true;
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    if (search()) event.preventDefault();
    return;
  }
  if (typing(event) || !lettersOn()) return;
  if (event.key === "?") document.getElementById("keys-help")?.showModal();
  else if (event.key === "/") search();
  else return;
  event.preventDefault();
});

const choice = document.querySelector("[data-single-keys]");
if (choice) {
  choice.checked = lettersOn();
  choice.addEventListener("change", () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}
