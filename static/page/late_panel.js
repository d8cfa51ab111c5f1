/** Panels of the answer that are loaded when they are first shown: their markup, their styles and their scripts. */

import { ApiError } from "../api/exchange.js";
import { element } from "../widgets/elements.js";
import { ScriptError, loadProblem, loadScript } from "../widgets/late_script.js";

/** @import { PriceHistory } from "../api/prices.js" */

/** @typedef {{result: FinishedForecast, history: PriceHistory}} Shown */

/**
 * What a panel does. `show` is called again for the same result when the colours change.
 *
 * @typedef {{show: (shown: Shown) => void, clear: () => void}} Panel
 */

export class LatePanel {
  #container;
  #markup;
  #styles;
  #script;
  /** @type {Promise<Panel>|null} */
  #loading = null;
  /** @type {Panel|null} */
  #panel = null;
  /** @type {Shown|null} */
  #shown = null;

  /**
   * @param {HTMLElement} container
   * @param {object} parts
   * @param {string} parts.markup the URL of the panel's content
   * @param {string} [parts.styles] the URL of its style sheet
   * @param {() => Promise<() => Panel>} parts.script loads the panel's script, and returns the function that makes the panel
   */
  constructor(container, { markup, styles, script }) {
    this.#container = container;
    this.#markup = markup;
    this.#styles = styles;
    this.#script = script;
  }

  /**
   * Load the panel if it is not there yet, and show it.
   *
   * @param {Shown} shown
   */
  async show(shown) {
    this.#shown = shown;
    try {
      this.#loading ??= this.#load();
      this.#panel = await this.#loading;
    } catch (error) {
      this.#loading = null;
      if (![ApiError, ScriptError, TypeError].some((kind) => error instanceof kind)) throw error;
      const what = "This part of the page could not be loaded.";
      this.#container.replaceChildren(...loadProblem(error, what, () => this.#tryAgain()));
    }
    // Another answer may have come in the meantime, or none.
    if (this.#shown === shown) this.#panel?.show(shown);
  }

  clear() {
    this.#shown = null;
    this.#panel?.clear();
  }

  async #load() {
    this.#container.replaceChildren(element("p", "Loading…"));
    // First: while the server cannot be reached, this fails and no script does.
    const markup = await fetchMarkup(this.#markup);
    const [make] = await Promise.all([loadScript(this.#script), loadStyles(this.#styles)]);
    // At once: a form without its script would be sent as a request for another page.
    this.#container.replaceChildren(...markup);
    return make();
  }

  #tryAgain() {
    // The button goes: a keyboard's next step begins at the panel.
    this.#container.focus();
    if (this.#shown) this.show(this.#shown);
  }
}

/**
 * Return the content of a file of markup.
 *
 * @param {string} url
 * @throws {ScriptError} if the server has no such file: it has another version than the page
 * @throws {ApiError} if the server cannot be reached
 */
export async function fetchMarkup(url) {
  const response = await fetch(url);
  if (response.status === 404) throw new ScriptError(`the server has no ${url}`);
  if (!response.ok) throw new ApiError({ code: "unreachable" });
  return new DOMParser().parseFromString(await response.text(), "text/html").body.childNodes;
}

/**
 * Load a style sheet, unless it is loaded.
 *
 * @param {string} [url]
 * @returns {Promise<void>}
 * @throws {ApiError} if the style sheet cannot be loaded
 */
export async function loadStyles(url) {
  if (!url || document.querySelector(`link[href="${url}"]`)) return;
  const link = element("link", "");
  link.rel = "stylesheet";
  link.href = url;
  await new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => {
      link.remove();
      reject(new ApiError({ code: "unreachable" }));
    });
    document.head.append(link);
  });
}
