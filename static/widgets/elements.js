/** Makes and finds elements of the page. Content is always text, never markup. */

import { questionQuery } from "../text/questions.js";

/**
 * Return the element of the page with this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [kind] the class that the element must have
 * @returns {T}
 * @throws {TypeError} if the page has no such element
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new TypeError(`the page has no such element: ${id}`);
  return /** @type {T} */ (found);
}

/**
 * Make an element with a text.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} text
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/**
 * Make a button.
 *
 * @param {string} text
 * @param {() => void} onClick
 * @param {string} [className]
 */
export function button(text, onClick, className) {
  const made = element("button", text, className);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Make a link to the page's answer to a question.
 *
 * @param {Question} question
 * @param {string} text
 * @param {string} [className]
 */
export function questionLink(question, text, className) {
  const made = element("a", text, className);
  made.href = questionUrl(question);
  return made;
}

/**
 * Return the URL of the page's answer to a question.
 *
 * @param {Question} question
 */
export function questionUrl(question) {
  return `?${questionQuery(question)}`;
}

/**
 * Make a table. Each row's first cell is its head.
 *
 * @param {string} caption
 * @param {string[]} heads
 * @param {(string|Node)[][]} rows
 */
export function table(caption, heads, rows) {
  const made = element("table", "");
  const head = made.createTHead().insertRow();
  head.append(...heads.map((text) => headCell("col", text)));
  const body = made.createTBody();
  body.append(...rows.map(tableRow));
  made.prepend(element("caption", caption));
  return made;
}

/**
 * Make the groups of a description list.
 *
 * @param {string[][]} groups each a term and its descriptions
 */
export function terms(groups) {
  return groups.map(([term = "", ...descriptions]) => {
    const group = element("div", "");
    group.append(element("dt", term), ...descriptions.map((text) => element("dd", text)));
    return group;
  });
}

/**
 * Show a problem beside a field, or remove it if `text` is empty.
 *
 * @param {HTMLInputElement|HTMLSelectElement} field whose id is also that of its problem (`…-error`) and of its hint (`…-hint`)
 * @param {string} text
 */
export function showFieldProblem(field, text) {
  const [problem, hint] = [byId(`${field.id}-error`), byId(`${field.id}-hint`)];
  problem.textContent = text;
  problem.hidden = !text;
  hint.hidden = Boolean(text);
  field.setAttribute("aria-describedby", text ? problem.id : hint.id);
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/**
 * Mark the button of a group that has this value as pressed, and no other.
 *
 * @param {HTMLElement} group
 * @param {string|null} value
 */
export function pressOnly(group, value) {
  for (const each of group.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each.value === value));
}

/**
 * Call `listener` with the value of each clicked button of a group.
 *
 * @param {HTMLElement} group
 * @param {(value: string) => void} listener
 */
export function onPress(group, listener) {
  group.addEventListener("click", ({ target }) => {
    if (target instanceof HTMLButtonElement) listener(target.value);
  });
}

/** @param {(string|Node)[]} cells */
function tableRow([first = "", ...others]) {
  const row = element("tr", "");
  row.append(headCell("row", first), ...others.map(cell));
  return row;
}

/**
 * @param {"col"|"row"} scope
 * @param {string|Node} content
 */
function headCell(scope, content) {
  const made = element("th", "");
  made.scope = scope;
  made.append(content);
  return made;
}

/** @param {string|Node} content */
function cell(content) {
  const made = element("td", "");
  made.append(content);
  return made;
}
