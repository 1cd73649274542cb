// Cards dragged to another stage. A drop opens the form that asks for what the step needs; the menu on each card does the same.
let dragged = null;

const columnOf = (event) => event.target.closest?.("[data-stage-board] [data-stage]");
const allowed = (column) => Boolean(dragged && column && dragged.dataset.ways.split(" ").includes(column.dataset.stage));

function clear() {
  for (const column of document.querySelectorAll("[data-stage][data-over]")) delete column.dataset.over;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-card][draggable=true]") ?? null;
  if (!dragged) return;
  dragged.dataset.dragged = "";
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.textContent.trim());
});
document.addEventListener("dragover", (event) => {
  const column = columnOf(event);
  if (!dragged || !column) return;
  clear();
  if (dragged.closest("[data-stage]") === column) return;
  column.dataset.over = allowed(column) ? "yes" : "no";
  if (allowed(column)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const column = columnOf(event);
  if (!allowed(column)) return;
  event.preventDefault();
  const wanted = new URLSearchParams({ to: column.dataset.stage, next: location.pathname + location.search });
  location.assign(`${dragged.dataset.moveUrl}?${wanted}`);
});
document.addEventListener("dragend", () => {
  clear();
  if (dragged) delete dragged.dataset.dragged;
  dragged = null;
});
