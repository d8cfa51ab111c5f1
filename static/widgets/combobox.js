/** Suggestions below a text field: a combobox with a listbox, as in the ARIA Authoring Practices. */

import { element } from "./elements.js";

const DEBOUNCE_MS = 120;
/** How long a submitted form waits for suggestions. */
const SUBMIT_TIMEOUT_MS = 3000;

export class Combobox {
  #input;
  #list;
  #find;
  #timer = 0;
  #search = new AbortController();
  #active = -1;
  /** Whether a search is due or under way for the text in the field. */
  #isPending = false;
  /** @type {Match[]} */
  #shown = [];

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(text: string, signal: AbortSignal) => Promise<Match[]>} find returns the suggestions for a text
   */
  constructor(input, list, find) {
    this.#input = input;
    this.#list = list;
    this.#find = find;
    input.addEventListener("input", () => this.#scheduleSearch());
    input.addEventListener("keydown", (event) => this.#onKey(event));
    input.addEventListener("blur", () => this.#onBlur());
    // A press must not move the focus: the blur would close the list before the click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", ({ target }) => {
      if (target instanceof Element) this.#choose(target.closest("[role=option]"));
    });
  }

  /**
   * Return the suggestions for the text in the field: the shown ones, or those of a pending search. Return none after
   * Escape, or if the search takes too long.
   */
  async suggestions() {
    if (!this.#isPending) return this.#shown;
    clearTimeout(this.#timer);
    return this.#find(this.#input.value.trim(), AbortSignal.timeout(SUBMIT_TIMEOUT_MS));
  }

  /** Close the list and drop a pending search. */
  close() {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#isPending = false;
    this.#shown = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#setActive(-1);
    this.#input.setAttribute("aria-expanded", "false");
  }

  /** Close the list. A search stays pending if the focus moved to the submit button, which needs the suggestions. */
  #onBlur() {
    const isNeeded = this.#isPending || !this.#list.hidden;
    this.close();
    this.#isPending = isNeeded;
  }

  #scheduleSearch() {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#isPending = true;
    this.#shown = [];
    this.#timer = window.setTimeout(() => this.#suggest(), DEBOUNCE_MS);
  }

  async #suggest() {
    const text = this.#input.value.trim();
    if (!text) {
      this.close();
      return;
    }
    this.#search = new AbortController();
    const { signal } = this.#search;
    const found = await this.#find(text, signal);
    if (signal.aborted) return;
    this.#isPending = false;
    this.#open(found);
  }

  /** @param {Match[]} found */
  #open(found) {
    if (found.length === 0) {
      this.close();
      return;
    }
    this.#shown = found;
    this.#list.replaceChildren(...found.map(option));
    this.#list.hidden = false;
    this.#setActive(-1);
    this.#input.setAttribute("aria-expanded", "true");
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (this.#list.hidden) {
      if (event.key === "ArrowDown") this.#suggest();
      if (event.key === "Escape") this.close(); // a search may be under way
      return;
    }
    const action = this.#actionOf(event.key);
    if (!action) return;
    event.preventDefault();
    this.#cancelSearch();
    action();
  }

  /** Cancel a pending search: its list would replace the one in which the arrow keys move. */
  #cancelSearch() {
    clearTimeout(this.#timer);
    this.#search.abort();
  }

  /** @param {string} key */
  #actionOf(key) {
    const last = this.#list.children.length - 1;
    const [active, chosen] = [this.#active, this.#list.children[this.#active]];
    if (key === "ArrowDown") return () => this.#setActive(active < last ? active + 1 : -1);
    if (key === "ArrowUp") return () => this.#setActive(active < 0 ? last : active - 1);
    if (key === "Escape") return () => this.close();
    return key === "Enter" && chosen ? () => this.#choose(chosen) : null;
  }

  /** @param {Element|null} chosen */
  #choose(chosen) {
    if (!(chosen instanceof HTMLElement)) return;
    this.#input.value = chosen.dataset.ticker ?? "";
    this.close();
  }

  /** @param {number} index of the active option, or -1 for the field itself */
  #setActive(index) {
    this.#active = index;
    for (const [at, each] of [...this.#list.children].entries()) each.setAttribute("aria-selected", String(at === index));
    const active = this.#list.children[index];
    active?.scrollIntoView({ block: "nearest" });
    if (active) this.#input.setAttribute("aria-activedescendant", active.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }
}

/**
 * @param {Match} match
 * @param {number} index
 */
function option({ ticker, name }, index) {
  const made = element("li", "");
  made.setAttribute("role", "option");
  made.id = `suggestion-${index}`;
  made.dataset.ticker = ticker;
  made.append(element("strong", ticker), " ", name === ticker ? "" : (name ?? ""));
  return made;
}
