// 导出 opens its dialog over the list, for what the list shows at that moment (the filter may have changed since).
import { htmx } from "./request.js";

const dialog = () => document.getElementById("export-dialog");

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("a[data-export]");
  if (!opener || !dialog() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = new URL(opener.href);
  address.searchParams.set("query", location.search.replace(/^\?/, ""));
  await htmx.ajax("GET", address.pathname + address.search, { target: "#export-dialog", swap: "innerHTML" });
  if (dialog().childElementCount && !dialog().open) dialog().showModal();
});

// A download leaves the page where it is: the dialog goes, and with it the form that went out.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-export-form]") || !event.target.checkValidity()) return;
  const open = event.target.closest("dialog");
  if (open) setTimeout(() => { open.close(); open.replaceChildren(); }, 400);
});
