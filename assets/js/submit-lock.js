// A form goes out once: its buttons lock at the click and open again when an answer arrives.
function lock(form, submitter) {
  form.dataset.sending = "";
  const buttons = form.querySelectorAll("button:not([type=button])");
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  if (submitter) submitter.classList.add("is-sending");
}

function unlock(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    button.classList.remove("is-sending");
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method === "get" || form.method === "dialog" || form.matches("[data-again]")) return; // that one stays on the page
    if ("sending" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    lock(form, event.submitter);
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) unlock(form);
});
// Back from the cache of the browser: the page is alive again and so are its buttons.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sending]").forEach(unlock);
});
