import { toast } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast({ text: "已复制", level: "success" });
  } catch {
    toast({ text: "浏览器不允许复制，请手工选中后复制。", level: "warning" });
  }
});
