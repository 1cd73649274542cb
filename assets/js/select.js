// Ticking rows: the count at the foot, the whole page by the box in the head.
const boxes = () => [...document.querySelectorAll("[data-list] input[name=selected]")];

function refresh() {
  const all = boxes();
  const on = all.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-selected-count]")) place.textContent = String(on);
  for (const bar of document.querySelectorAll("[data-bulk]")) bar.hidden = on === 0;
  for (const head of document.querySelectorAll("[data-select-page]")) {
    head.checked = on > 0 && on === all.length;
    head.indeterminate = on > 0 && on < all.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-page]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-select-page], input[name=selected]")) refresh();
});
document.addEventListener("htmx:afterSettle", refresh);
