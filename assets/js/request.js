// htmx, set up for a strict content policy: nothing evaluated, no style written into the page.
import htmx from "htmx.org";
import { toast } from "./toast.js";

Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollIntoViewOnBoost: false,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    // A refused form and a stale save come back as the form itself, with everything typed.
    { code: "409|422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

const SENTENCES = {
  403: "你没有这项权限，内容没有改动。需要时请联系管理员。",
  404: "这条记录不存在，或你看不到它。",
  429: "超过了规定的次数，暂时不能再打开；请稍后再试。",
  503: "系统暂时不可用，请稍等片刻再试，并核对内容是否已保存。",
};

// An address that is shared says only what was chosen.
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, formData } = event.detail;
  if (verb !== "get") return;
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) return; // session.js asks to sign in again
  const number = event.detail.xhr.getResponseHeader("X-Error-Number");
  const sentence = SENTENCES[status] ?? "没有完成，内容没有改动，请重试。";
  toast({ text: number ? `${sentence}（错误号 ${number}）` : sentence, level: "error" });
});
document.addEventListener("htmx:sendError", () =>
  toast({ text: "网络断开，内容没有提交。已填的内容保留在本页，联网后请重试。", level: "error" }),
);

// Focus follows a swapped region that asks for it, so that a reader hears what changed.
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.target.querySelector?.("[data-focus-on-swap]");
  if (target) target.focus({ preventScroll: false });
});

export { htmx };
