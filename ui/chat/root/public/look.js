// A language that was chosen stands in for the browser's, before anything asks for that.
const chosen = (document.cookie.match(/(?:^|; )fa-language=(\w+)/) || [])[1];
if (chosen) {
  Object.defineProperty(navigator, "language", { get: () => chosen, configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => [chosen], configurable: true });
}

// "Who is there?" waits for a server that is away. Chainlit takes no answer for "nobody" and leaves for the sign-in page,
// which is away too: the conversation and what was just typed would be gone from the window.
const AGAIN_MS = 1000;
const ask = window.fetch.bind(window);
window.fetch = async (what, how) => {
  const who = new URL(what.url || what, location.href).pathname === "/user";
  for (;;) {
    try { return await ask(what, how); } catch (away) { if (!who) throw away; }
    await new Promise((go) => setTimeout(go, AGAIN_MS));
  }
};

// Chainlit always says lang="en"; the reader's language is the browser's.
document.documentElement.lang = navigator.language || "en";

// New cards are told to a screen reader, politely and once each.
const told = document.createElement("div");
told.setAttribute("aria-live", "polite");
told.className = "fa-told";
document.body.appendChild(told);
window.faSay = (text) => { told.textContent = text; };

// Buttons of Chainlit's that show a picture and have no name, and lists that are none.
const FRAME = {}; // the words of each language, put in by ui/web/root.py
const own = FRAME[(navigator.language || "en").split("-")[0].toLowerCase()] || FRAME.en || {};
const names = {
  "#sidebar-trigger-button": own.sidebar,
  "#search-chats-button": own.search,
  "#new-chat-button": own.new,
  "#upload-button": own.attach,
  "#chat-submit": own.send,
  "#stop-button": own.stop,
  "header button[role=combobox], #header button[role=combobox], button[role=combobox]": own.persona,
  "button:has(> svg.lucide-arrow-down)": own.newest,
  "button:has(> svg.lucide-copy)": own.copy,
  "#header button:has(> .sr-only)": own.theme,
};
function nameThem() {
  for (const [where, name] of Object.entries(names)) {
    for (const found of document.querySelectorAll(where)) {
      if (!found.hasAttribute("aria-label")) found.setAttribute("aria-label", name);
      if (found.getAttribute("role") === "presentation") found.removeAttribute("role");
    }
  }
  sayWhatIsRefused();
  startAtTheTop();
  comeBack();
  for (const image of document.querySelectorAll("img:not([alt])")) image.setAttribute("alt", "");
  for (const list of document.querySelectorAll("ul[data-sidebar=menu]:not([role])")) list.setAttribute("role", "group");
  for (const item of document.querySelectorAll("ul[data-sidebar=menu] > li:not([role])")) item.setAttribute("role", "none");
  for (const options of document.querySelectorAll("#thread-options:not([role])")) {
    options.setAttribute("role", "button");
    options.setAttribute("aria-label", own.thread);
  }
}
// What Chainlit's drop zone says of a file that it does not take, in its own English, is said in the reader's words.
const REFUSED = { "File type": own.file_kind, "File is larger": own.file_large, "Too many files": own.file_many };
function sayWhatIsRefused() {
  for (const said of document.querySelectorAll("[data-sonner-toast] [data-title]")) {
    const [, ours] = Object.entries(REFUSED).find(([theirs]) => said.textContent.startsWith(theirs)) || [];
    if (ours) said.textContent = ours;
  }
}
// Who opens a conversation's address and has to sign in first comes back to it; Chainlit goes to its front page.
if (location.pathname.startsWith("/thread/")) sessionStorage.setItem("fa-wanted", location.pathname);
if (location.pathname === "/login") sessionStorage.setItem("fa-signs-in", "yes");
function comeBack() {
  if (!document.querySelector("#chat-input")) return;
  const [wanted, signedIn] = ["fa-wanted", "fa-signs-in"].map((name) => sessionStorage.getItem(name));
  for (const name of ["fa-wanted", "fa-signs-in"]) sessionStorage.removeItem(name);
  if (wanted && signedIn && location.pathname === "/") location.replace(wanted);
}
// The address of a conversation stands in the bar as soon as there is one, so that a reload comes back to it. Chainlit
// does that from its list of conversations, which a narrow window does not draw.
window.addEventListener("message", (said) => {
  const thread = said.source === window && said.data && said.data.faThread;
  if (/^[\w-]+$/.test(thread || "") && location.pathname === "/") history.replaceState(history.state, "", `/thread/${thread}`);
});
// The first screen is read from its first line, also where the window is too small for all of it.
let welcomed = null;
function startAtTheTop() {
  const screen = document.querySelector("#welcome-screen");
  if (!screen || screen === welcomed) return;
  welcomed = screen;
  const top = () => { for (let at = screen.parentElement; at; at = at.parentElement) at.scrollTop = 0; };
  for (const wait of [0, 150, 500, 1000]) setTimeout(() => screen.isConnected && !screen.querySelector("textarea").value && top(), wait);
}
// The language of the screen: what is chosen is kept, and a conversation that is open goes on in it.
const ENDONYMS = { en: "English", de: "Deutsch", es: "Español", fr: "Français", zh: "中文" };
function offerLanguages() {
  const label = document.createElement("label");
  label.className = "fa-language";
  label.title = own.language || "";
  const pick = document.createElement("select");
  pick.setAttribute("aria-label", own.language || "Language");
  for (const [code, name] of Object.entries(ENDONYMS)) {
    const option = new Option(name, code);
    option.lang = code;
    pick.add(option);
  }
  const now = navigator.language.split("-")[0].toLowerCase();
  pick.value = ENDONYMS[now] ? now : "en";
  pick.addEventListener("change", async () => {
    const thread = (location.pathname.match(/\/thread\/([^/]+)/) || [])[1] || "";
    await fetch("/language", { method: "POST", body: new URLSearchParams({ language: pick.value, thread }) });
    location.reload();
  });
  label.append(pick);
  document.body.append(label);
}
offerLanguages();
let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; nameThem(); });
}).observe(document.body, { childList: true, subtree: true });
nameThem();
