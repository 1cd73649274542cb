// The palette: Ctrl/⌘+K, / or a click on the search box. It opens at once with what was opened last and what can be
// done here; while one types, the server's few best of each type. A combobox whose list is walked by the arrow keys.
import { typing, lettersOn } from "./keys.js";
import { toast } from "./toast.js";

const WAIT = 80;
const KEPT = 8;
const PLACES = /^\/(customers|people|followups\/contacts)\/\d+\/$/;

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("[data-palette-input]");
const results = document.getElementById("palette-results");
const status = dialog?.querySelector("[data-palette-status]");
const start = dialog?.querySelector("[data-palette-start]");
const storeKey = (what) => `${what}:${document.body.dataset.person ?? ""}`;

let timer;
let asking;
let active = null;

function kept(what) {
  try {
    return JSON.parse(localStorage.getItem(storeKey(what))) ?? [];
  } catch {
    return [];
  }
}

function keep(what, entry, same) {
  const others = kept(what).filter((other) => !same(other));
  localStorage.setItem(storeKey(what), JSON.stringify([entry, ...others].slice(0, KEPT)));
}

const options = () => [...results.querySelectorAll("[role=option]")];

function choose(option) {
  active?.setAttribute("aria-selected", "false");
  active = option ?? null;
  active?.setAttribute("aria-selected", "true");
  if (active) input.setAttribute("aria-activedescendant", active.id);
  else input.removeAttribute("aria-activedescendant");
  active?.scrollIntoView({ block: "nearest" });
}

function say(count) {
  status.textContent = count ? `${count} 个结果，用上下键选择` : "没有结果";
}

function group(label, rows) {
  const box = document.createElement("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", label);
  const head = document.createElement("p");
  head.className = "palette-group";
  head.textContent = label;
  box.append(head, ...rows);
  return box;
}

function row(kind, { label, url, detail }, id) {
  const made = dialog.querySelector(`[data-palette-row=${kind}]`).content.firstElementChild.cloneNode(true);
  made.id = id;
  made.href = url;
  made.querySelector(".palette-name").textContent = label;
  made.querySelector(".palette-detail").textContent = detail ?? "";
  return made;
}

// What the page in view offers to do is there as its own buttons; a label that stands there twice says too little.
function here() {
  const links = [...document.querySelectorAll("#main a.btn[href], #main .drop-body a.drop-item[href], #panel a.btn[href]")]
    .filter((link) => !link.getAttribute("href").startsWith("#"))
    .map((link) => ({ label: link.textContent.trim(), url: link.href }));
  return links.filter(({ label }) => label && links.filter((other) => other.label === label).length === 1).slice(0, KEPT);
}

function begin() {
  const groups = [];
  const visited = kept("recent").filter((one) => one.url !== location.pathname);
  const asked = kept("asked").map((text) => ({ label: text, url: `${start.dataset.address}?q=${encodeURIComponent(text)}`, text }));
  const made = [...start.content.querySelectorAll("a")].map((link) => ({ label: link.textContent, url: link.getAttribute("href") }));
  const add = (label, kind, entries) => {
    if (!entries.length) return;
    groups.push(group(label, entries.map((entry, at) => row(kind, entry, `start-${groups.length}-${at}`))));
  };
  add("最近打开", "recent", visited);
  add("最近搜索", "asked", asked);
  add("本页操作", "here", here());
  add("新建和导入", "make", made);
  results.replaceChildren(...groups);
  choose(null);
}

async function ask() {
  const text = input.value.trim();
  asking?.abort();
  if (!text) return begin();
  asking = new AbortController();
  try {
    const answer = await fetch(`${start.dataset.address}?q=${encodeURIComponent(text)}`, {
      headers: { "HX-Request": "true", "HX-Target": "palette-results" },
      signal: asking.signal,
    });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    if (input.value.trim() !== text) return;
    results.innerHTML = html;
    results.scrollTop = 0;
    const found = options();
    choose(found[0]);
    say(Math.max(0, found.length - 1));
  } catch (error) {
    if (error.name !== "AbortError") toast({ text: "搜索没有完成，请稍后再试。", level: "error" });
  }
}

function open(text = "") {
  if (!dialog || dialog.open) return;
  input.value = text;
  begin();
  dialog.showModal();
  input.select();
  if (text.trim()) ask();
}

function follow(option, apart) {
  const text = input.value.trim();
  if (text) keep("asked", text, (other) => other === text);
  if (apart) window.open(option.href, "_blank", "noopener");
  else location.href = option.href;
}

function walk(step) {
  const all = options();
  if (!all.length) return;
  const at = all.indexOf(active);
  choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
}

if (dialog) {
  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") walk(1);
    else if (event.key === "ArrowUp") walk(-1);
    else if (event.key === "Enter" && active) follow(active, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  });
  results.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    follow(option, false);
  });
  results.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== active) choose(option);
  });
  dialog.addEventListener("close", () => asking?.abort());

  document.addEventListener("keydown", (event) => {
    const everywhere = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    if (!everywhere && (event.key !== "/" || typing(event) || !lettersOn())) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  // a click means searching; whoever comes by Tab keeps the plain box
  document.querySelector("[data-search]")?.addEventListener("click", (event) => open(event.target.value));

  const heading = document.querySelector("#main h1");
  if (PLACES.test(location.pathname) && heading) {
    const label = (heading.firstChild?.textContent ?? "").trim() || heading.textContent.trim();
    keep("recent", { label: label.slice(0, 60), url: location.pathname }, (other) => other.url === location.pathname);
  }
}
