// Chainlit always says lang="en"; the reader's language is the browser's.
document.documentElement.lang = navigator.language || "en";
