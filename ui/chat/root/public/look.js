// Chainlit always says lang="en"; the reader's language is the browser's.
document.documentElement.lang = navigator.language || "en";

// New cards are told to a screen reader, politely and once each.
const told = document.createElement("div");
told.setAttribute("aria-live", "polite");
told.className = "fa-told";
document.body.appendChild(told);
window.faSay = (text) => { told.textContent = text; };

// Buttons of Chainlit's that show a picture and have no name, and lists that are none.
const names = {
  "#sidebar-trigger-button": "Show or hide conversations",
  "#search-chats-button": "Search conversations",
  "#new-chat-button": "New conversation",
  "#upload-button": "Attach a file",
  "#chat-submit": "Send",
  "#stop-button": "Stop",
  "header button[role=combobox], #header button[role=combobox], button[role=combobox]": "Who is asking",
  "button:has(> svg.lucide-arrow-down)": "To the newest message",
};
function nameThem() {
  for (const [where, name] of Object.entries(names)) {
    for (const found of document.querySelectorAll(where)) {
      if (!found.hasAttribute("aria-label")) found.setAttribute("aria-label", name);
      if (found.getAttribute("role") === "presentation") found.removeAttribute("role");
    }
  }
  for (const image of document.querySelectorAll("img:not([alt])")) image.setAttribute("alt", "");
  for (const list of document.querySelectorAll("ul[data-sidebar=menu]:not([role])")) list.setAttribute("role", "group");
  for (const item of document.querySelectorAll("ul[data-sidebar=menu] > li:not([role])")) item.setAttribute("role", "none");
  for (const options of document.querySelectorAll("#thread-options:not([role])")) {
    options.setAttribute("role", "button");
    options.setAttribute("aria-label", "Options of this conversation");
  }
}
let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; nameThem(); });
}).observe(document.body, { childList: true, subtree: true });
nameThem();
