// Native dialogs: data-dialog-open="id" opens, data-dialog-close closes, a click beside it too.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  const dialog = opener && document.getElementById(opener.dataset.dialogOpen);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  if (event.target.closest("[data-dialog-close]")) {
    event.preventDefault();
    event.target.closest("dialog")?.close();
    return;
  }
  if (event.target.matches("dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

// An irreversible step stays locked until the name has been typed in full.
document.addEventListener("input", (event) => {
  const wanted = event.target.dataset?.typeToConfirm;
  if (wanted === undefined) return;
  const button = event.target.form?.querySelector("[data-confirmed-by-typing]");
  if (button) button.disabled = event.target.value.trim() !== wanted;
});
