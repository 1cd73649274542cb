import { remember } from "./cookie.js";

const THEMES = { light: "keqing", dark: "keqing-dark" };

export function apply(kind, value) {
  const root = document.documentElement;
  remember(kind, value);
  if (kind === "density") {
    root.dataset.density = value;
  } else if (THEMES[value]) {
    root.dataset.theme = THEMES[value];
  } else {
    delete root.dataset.theme;
  }
  for (const button of document.querySelectorAll(`[data-${kind}-choice]`)) {
    button.setAttribute("aria-pressed", String(button.getAttribute(`data-${kind}-choice`) === value));
  }
}

document.addEventListener("click", (event) => {
  for (const kind of ["theme", "density"]) {
    const button = event.target.closest(`[data-${kind}-choice]`);
    if (button) apply(kind, button.getAttribute(`data-${kind}-choice`));
  }
});
