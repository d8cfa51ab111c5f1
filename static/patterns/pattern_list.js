/** The patterns of a search beside the one in the form. */

import { MOST_PATTERNS, distinctPatterns } from "../text/pattern_questions.js";
import { listText, patternName } from "../text/patterns.js";
import { byId, button, element } from "../widgets/elements.js";

export class PatternList {
  #part = byId("pattern-list-part");
  #list = byId("pattern-list");
  #words = byId("pattern-list-words");
  #add = byId("add-pattern", HTMLButtonElement);
  /** @type {Pattern[]} */
  #patterns = [];

  /** @param {() => void} onAdd called to add the pattern in the form */
  constructor(onAdd) {
    this.#add.addEventListener("click", onAdd);
  }

  get patterns() {
    return this.#patterns;
  }

  /** @param {Pattern[]} patterns */
  set patterns(patterns) {
    this.#patterns = distinctPatterns(patterns);
    this.#draw();
  }

  #draw() {
    const { length } = this.#patterns;
    this.#list.replaceChildren(...this.#patterns.map((pattern, at) => this.#item(pattern, at)));
    this.#part.hidden = length === 0;
    this.#words.textContent = length ? listText(length) : "";
    // The pattern in the form is one of the search too.
    this.#add.disabled = length + 1 >= MOST_PATTERNS;
  }

  /**
   * @param {Pattern} pattern
   * @param {number} at
   */
  #item(pattern, at) {
    const name = patternName(pattern);
    const item = element("li", "");
    const remove = button("Remove", () => this.#remove(at), "chip");
    remove.setAttribute("aria-label", `Remove ${name}`);
    item.append(element("span", name), remove);
    return item;
  }

  /** @param {number} at */
  #remove(at) {
    this.patterns = this.#patterns.filter((_, place) => place !== at);
    const next = this.#list.querySelectorAll("button")[Math.min(at, this.#patterns.length - 1)];
    (next ?? this.#add).focus();
  }
}
