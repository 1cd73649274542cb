// Ticking rows: the count at the foot, the whole page by the box in the head, everything the list holds by its button.
const boxes = () => [...document.querySelectorAll("[data-list] input[name=selected]")];
let everything = "";

function refresh() {
  const all = boxes();
  const on = all.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-selected-count]")) place.textContent = everything || String(on);
  for (const bar of document.querySelectorAll("[data-bulk]")) bar.hidden = on === 0 && !everything;
  for (const field of document.querySelectorAll("[data-select-all-field]")) field.disabled = !everything;
  for (const button of document.querySelectorAll("[data-select-all]")) button.hidden = Boolean(everything);
  for (const head of document.querySelectorAll("[data-select-page]")) {
    head.checked = on > 0 && on === all.length;
    head.indeterminate = on > 0 && on < all.length;
  }
}

function tick(checked) {
  for (const box of boxes()) box.checked = checked;
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-page], input[name=selected]")) return;
  everything = "";
  if (event.target.matches("[data-select-page]")) tick(event.target.checked);
  refresh();
});
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-select-all]");
  if (!all && !event.target.closest("[data-select-none]")) return;
  everything = all ? all.dataset.allCount : "";
  tick(Boolean(all));
  refresh();
});
// With everything chosen the ticks of this page say nothing more.
document.addEventListener("formdata", (event) => {
  if (everything && event.target.matches("[data-bulk]")) event.formData.delete("selected");
});
// Another filter or page is another list.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.closest?.("[data-list]")) everything = "";
});
document.addEventListener("htmx:afterSettle", refresh);
refresh();
