/** Suggestions below a text field: an ARIA combobox with a listbox, as the Authoring Practices describe it. */

const DEBOUNCE_MS = 120;
/** Milliseconds that a submitted form waits for suggestions that are on their way. */
const SUBMIT_WAITS_MS = 3000;

/** Lets a person choose one of the suggestions that `find` gives for what is typed. */
export class Combobox {
  #input;
  #list;
  #find;
  #timer = 0;
  #search = new AbortController();
  #active = -1;
  #pending = false;
  #shown = [];

  /**
   * @param {HTMLInputElement} input @param {HTMLElement} list
   * @param {(text: string, signal: AbortSignal) => Promise<{ticker: string, name: string|null}[]>} find
   */
  constructor(input, list, find) {
    this.#input = input;
    this.#list = list;
    this.#find = find;
    input.addEventListener("input", () => this.#later());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.#leave());
    // Pressing must not take the focus from the field: blur would close the list before the click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")));
  }

  /**
   * Return the suggestions for the text in the field: those that are shown, or else those of a new search. Return none
   * after Escape, or where the search takes too long.
   */
  async found() {
    if (!this.#pending) return this.#shown;
    clearTimeout(this.#timer);
    return this.#find(this.#input.value.trim(), AbortSignal.timeout(SUBMIT_WAITS_MS));
  }

  /** Close the list, and forget a search that is under way. */
  close() {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#pending = false;
    this.#shown = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#mark(-1);
    this.#input.setAttribute("aria-expanded", "false");
  }

  /** Close the list when the focus moves on, as to the button that submits, which still asks for the suggestions. */
  #leave() {
    const isWanted = this.#pending || !this.#list.hidden;
    this.close();
    this.#pending = isWanted;
  }

  #later() {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#pending = true;
    this.#shown = [];
    this.#timer = setTimeout(() => this.#suggest(), DEBOUNCE_MS);
  }

  async #suggest() {
    const typed = this.#input.value.trim();
    if (!typed) return this.close();
    this.#search = new AbortController();
    const { signal } = this.#search;
    const found = await this.#find(typed, signal);
    if (signal.aborted) return;
    this.#pending = false;
    this.#open(found);
  }

  #open(found) {
    if (found.length === 0) return this.close();
    this.#shown = found;
    this.#list.replaceChildren(...found.map(option));
    this.#list.hidden = false;
    this.#mark(-1);
    this.#input.setAttribute("aria-expanded", "true");
  }

  #key(event) {
    if (this.#list.hidden) {
      if (event.key === "ArrowDown") this.#suggest();
      return;
    }
    const options = this.#list.children;
    const moves = { ArrowDown: this.#active + 1, ArrowUp: this.#active < 0 ? options.length - 1 : this.#active - 1 };
    if (event.key in moves) {
      event.preventDefault();
      this.#mark(moves[event.key] < options.length ? moves[event.key] : -1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault();
      this.#choose(options[this.#active]);
    }
  }

  #choose(chosen) {
    if (!chosen) return;
    this.#input.value = chosen.dataset.ticker;
    this.close();
  }

  #mark(at) {
    this.#active = at;
    for (const [place, each] of [...this.#list.children].entries()) {
      each.setAttribute("aria-selected", String(place === at));
    }
    const active = this.#list.children[at];
    active?.scrollIntoView({ block: "nearest" });
    if (active) this.#input.setAttribute("aria-activedescendant", active.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }
}

function option({ ticker, name }, place) {
  const made = document.createElement("li");
  made.setAttribute("role", "option");
  made.id = `suggestion-${place}`;
  made.dataset.ticker = ticker;
  const short = document.createElement("strong");
  short.textContent = ticker;
  made.append(short, " ", name === ticker ? "" : (name ?? ""));
  return made;
}
