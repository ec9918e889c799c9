
"use strict";
const STRINGS = {strings.json};
const find = (id) => document.getElementById(id);
const language = navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in STRINGS) || "en";

// A text of strings.json in the reader's language, with its {values}.
const text = (key, values = {}) => (STRINGS[language][key] || STRINGS.en[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name]);

// What stands in the document: data-text is its content, data-label what is read aloud, data-hint what an empty field says.
function translate() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = text(each.dataset.text);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", text(each.dataset.label));
  for (const each of document.querySelectorAll("[data-hint]")) each.placeholder = text(each.dataset.hint);
  document.title = document.querySelector("nav [aria-current]").textContent + " – Shelfsight";
}

function element(tag, content, attributes = {}) {
  const made = Object.assign(document.createElement(tag), attributes);
  if (content !== null) made.append(content);
  return made;
}

const clock = (date) => date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
translate();
