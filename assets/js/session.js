// The session ended while somebody was typing: sign in again in a dialog, and what was under way goes on.
// Nothing goes out in another's name: the one who signs in again must be the one the page was drawn for.
import { htmx } from "./request.js";

const person = () => document.body.dataset.person;
const dialog = () => document.getElementById("sign-in-again");
const checked = new WeakSet();
const checking = new WeakSet();
let waiting = null;

function renew(token) {
  document.body.dataset.csrf = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
}

function ask(again, sentence = "") {
  waiting = again;
  say(sentence);
  const box = dialog();
  if (!box.open) box.showModal();
  box.querySelector("input[type=password]").focus();
}

function say(sentence) {
  const place = dialog().querySelector("[data-again-error]");
  place.textContent = sentence;
  place.hidden = !sentence;
}

// Whether the page's own person is still signed in; when nobody can be asked, the submit itself will tell.
async function present() {
  let answer;
  try {
    answer = await fetch(dialog().dataset.session, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok && answer.status !== 401) return { here: true };
    const { person: now, csrf } = await answer.json();
    renew(csrf);
    if (answer.status === 401) return { here: false, sentence: "" };
    if (String(now) !== person()) return { here: false, sentence: "这个浏览器里现在登录的是另一个人，内容没有提交。请用自己的账号重新登录。" };
  } catch {
    return { here: true };
  }
  return { here: true };
}

async function check(form, submitter) {
  checking.add(form);
  submitter?.classList.add("is-sending");
  const { here, sentence } = await present();
  checking.delete(form);
  submitter?.classList.remove("is-sending");
  const go = () => {
    checked.add(form);
    form.requestSubmit(submitter);
  };
  if (here) go();
  else ask(go, sentence);
}

// by attribute: a field named "method" hides the property
const ownBusiness = (form) => form.getAttribute("method")?.toLowerCase() !== "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete], [data-again], [data-no-check]");

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!person() || !dialog() || ownBusiness(form) || checked.delete(form) || "sending" in form.dataset) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!checking.has(form)) check(form, event.submitter);
  },
  true,
);

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401 || !dialog()) return;
  const { verb, path, elt, triggeringEvent } = event.detail.requestConfig;
  const go = () => elt.isConnected && htmx.ajax(verb, path, { source: elt, event: triggeringEvent });
  present().then(({ here, sentence }) => (here ? go() : ask(go, sentence)));
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-again]")) return;
  event.preventDefault();
  let answer;
  try {
    answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  } catch {
    return say("网络断开，还没有登录。联网后请重试。");
  }
  const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) {
    form.querySelector("input[type=password]").value = "";
    return say(told.error ?? "没有登录成功，请重试。");
  }
  renew(told.csrf);
  form.reset();
  dialog().close();
  const again = waiting;
  waiting = null;
  again?.();
});
