// Chainlit always says lang="en"; the reader's language is the browser's.
document.documentElement.lang = navigator.language || "en";

// New cards are told to a screen reader, politely and once each.
const told = document.createElement("div");
told.setAttribute("aria-live", "polite");
told.className = "fa-told";
document.body.appendChild(told);
window.faSay = (text) => { told.textContent = text; };
