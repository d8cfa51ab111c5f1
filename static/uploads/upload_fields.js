/** The fields of an upload besides its file, and how long their values last. */

import { byId, showFieldProblem } from "../widgets/elements.js";
import { tickerOfFile } from "./words.js";

/** @import { UploadChoices } from "./client.js" */

/** @typedef {HTMLInputElement|HTMLSelectElement} Field */

export class UploadFields {
  #ticker = byId("upload-ticker", HTMLInputElement);
  #currency = byId("upload-currency", HTMLInputElement);
  #patch = byId("upload-patch", HTMLInputElement);
  #partial = byId("upload-partial", HTMLInputElement);
  #dateOrder = byId("upload-date-order", HTMLSelectElement);
  #decimal = byId("upload-decimal", HTMLSelectElement);
  /** @type {Set<Field>} the fields that the visitor set for the current upload */
  #entered = new Set();
  /** The name of the file that was last chosen for the current upload, or "". */
  #fileName = "";

  constructor() {
    for (const field of this.#all()) field.addEventListener("input", () => this.#entered.add(field));
    this.#ticker.addEventListener("input", () => this.#ticker.value.trim() || this.#entered.delete(this.#ticker));
  }

  /** @returns {UploadChoices} */
  choices() {
    return {
      currency: this.#currency.value.trim(),
      dateOrder: this.#dateOrder.value,
      decimal: this.#decimal.value,
      isPatch: this.#patch.checked,
      isPartial: this.#partial.checked,
    };
  }

  /**
   * Remove the values that belong to an earlier file, and suggest a ticker.
   *
   * @param {string} name of the file that was chosen
   */
  takeFile(name) {
    if (this.#fileName) this.#forgetEarlierFile(name);
    this.#fileName = name;
    for (const field of this.#all()) if (!this.#entered.has(field)) reset(field);
    if (!this.#entered.has(this.#ticker)) this.#ticker.value = tickerOfFile(name);
    showFieldProblem(this.#ticker, "");
  }

  /** @param {boolean} isDisabled */
  setDisabled(isDisabled) {
    for (const field of this.#all()) field.disabled = isDisabled;
  }

  /** End the current upload. Its values stay visible until the next file is chosen. */
  end() {
    this.#entered.clear();
    this.#fileName = "";
  }

  /** @param {string} name of the file that replaces the earlier one */
  #forgetEarlierFile(name) {
    // A typed ticker means another file for the same series. Without the tick to add days, that file would replace the series.
    if (this.#entered.has(this.#ticker) || name === this.#fileName) {
      this.#entered.delete(this.#dateOrder);
      this.#entered.delete(this.#decimal);
    } else this.#entered.clear();
  }

  #all() {
    return [this.#ticker, this.#currency, this.#patch, this.#partial, this.#dateOrder, this.#decimal];
  }
}

/** @param {Field} field */
function reset(field) {
  if (field instanceof HTMLSelectElement) field.selectedIndex = 0;
  else if (field.type === "checkbox") field.checked = field.defaultChecked;
  else field.value = field.defaultValue;
}
