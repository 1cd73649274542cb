import { remember } from "./cookie.js";

// Fold the navigation to icons; the server draws it folded next time.
document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-nav-fold]");
  if (fold) {
    const root = document.documentElement;
    const narrow = root.dataset.nav !== "narrow";
    root.dataset.nav = narrow ? "narrow" : "wide";
    fold.setAttribute("aria-expanded", String(!narrow));
    remember("nav", root.dataset.nav);
  }
  // On a phone the filters stay folded until asked for.
  const toggle = event.target.closest("[data-toggles]");
  if (toggle) {
    const open = document.getElementById(toggle.dataset.toggles).toggleAttribute("data-open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  // An open menu closes when the click lands elsewhere.
  for (const menu of document.querySelectorAll("details.drop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.drop[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
  event.stopImmediatePropagation();
});

// A column scrolled by hand is found where it was left after "back".
const scrollKey = (element) => `scroll:${location.pathname}${location.search}:${element.dataset.keepScroll}`;
addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-keep-scroll]")) {
    sessionStorage.setItem(scrollKey(element), String(element.scrollTop));
  }
});
const [navigation] = performance.getEntriesByType("navigation");
if (navigation && navigation.type !== "navigate") {
  for (const element of document.querySelectorAll("[data-keep-scroll]")) {
    element.scrollTop = Number(sessionStorage.getItem(scrollKey(element)) ?? 0);
  }
}
