/** The form with the ticker and the number of days: its presets, its suggestions and the problems beside its fields. */

import { findTickers } from "../api/prices.js";
import { tickerOfName } from "../text/company_names.js";
import { daysProblem, fieldProblem, levelProblem, modelProblem, pastProblem, tickerProblem } from "../text/failures.js";
import { isField } from "../text/fields.js";
import { formatLevel } from "../text/formats.js";
import { isModel, levelOf, pastName, pastOf, shortQuestion } from "../text/questions.js";
import { Combobox } from "../widgets/combobox.js";
import { button, byId, element, onPress, pressOnly, showFieldProblem } from "../widgets/elements.js";

const MOST_ALTERNATIVES = 3;

export class QuestionForm {
  #form = byId("question", HTMLFormElement);
  #ticker = byId("ticker", HTMLInputElement);
  #days = byId("days", HTMLInputElement);
  #level = byId("level", HTMLSelectElement);
  #model = byId("model", HTMLSelectElement);
  #field = byId("field", HTMLSelectElement);
  #past = byId("history_days", HTMLSelectElement);
  #options = byId("options", HTMLDetailsElement);
  #levels = limitsOf(this.#level);
  #pasts = limitsOf(this.#past);
  #presets = byId("presets");
  #combobox = new Combobox(this.#ticker, byId("suggestions"), findTickers);
  #onSubmit;
  /** Counts submissions, so that a later one replaces one that waits for suggestions. */
  #submissions = 0;

  /** @param {() => void} onSubmit */
  constructor(onSubmit) {
    this.#onSubmit = onSubmit;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    for (const field of [this.#level, this.#model, this.#field, this.#past]) {
      field.addEventListener("change", () => showFieldProblem(field, ""));
    }
    for (const field of [this.#ticker, this.#days]) {
      field.addEventListener("input", () => {
        showFieldProblem(field, "");
        this.markPreset();
      });
    }
    onPress(this.#presets, (days) => this.#choosePreset(days));
  }

  /**
   * Fill the form from an address, and drop a submission that waits for suggestions.
   *
   * @param {URLSearchParams} address
   */
  fill(address) {
    this.#submissions += 1;
    this.#ticker.value = address.get("ticker") ?? "";
    this.#days.value = address.get("days") ?? this.#days.defaultValue;
    this.#offerLevel(address.get("level"));
    choose(this.#level, address.get("level"));
    choose(this.#model, address.get("model"));
    choose(this.#field, address.get("field"));
    this.#offerPast(address.get("history_days"));
    choose(this.#past, address.get("history_days"));
    this.#options.open = [this.#level, this.#model, this.#field, this.#past].some((field) => !isUsual(field));
    this.markPreset();
  }

  /**
   * Return the question in the form, or null after showing the problems beside their fields.
   *
   * @returns {Question|null}
   */
  read() {
    this.#submissions += 1;
    this.#combobox.close();
    const days = this.#days.valueAsNumber;
    const limits = { min: Number(this.#days.min), max: Number(this.#days.max) };
    showFieldProblem(this.#ticker, tickerProblem(this.#ticker.value));
    showFieldProblem(this.#days, daysProblem(days, limits));
    showFieldProblem(this.#level, levelProblem(this.#level.value, this.#levels));
    showFieldProblem(this.#model, modelProblem(this.#model.value));
    showFieldProblem(this.#field, fieldProblem(this.#field.value));
    showFieldProblem(this.#past, pastProblem(this.#past.selectedIndex >= 0, this.#pasts));
    const invalid = this.#form.querySelector("[aria-invalid=true]");
    if (invalid instanceof HTMLElement) {
      invalid.focus();
      return null;
    }
    const model = isModel(this.#model.value) ? this.#model.value : undefined;
    const field = isField(this.#field.value) ? this.#field.value : undefined;
    const history_days = Number(this.#past.value) || undefined;
    const level = Number(this.#level.value);
    return shortQuestion({ ticker: this.#ticker.value.trim(), days, level, model, field, history_days });
  }

  /**
   * Put a text into the search box, which then makes suggestions.
   *
   * @param {string} text
   */
  type(text) {
    this.#ticker.focus();
    this.#ticker.value = text;
    this.#ticker.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Press the preset of the number of days in the form, unless the answer below is for another number. */
  markPreset() {
    const days = this.#days.value;
    const isOfAnswer = days === (questionParameters().get("days") ?? days);
    pressOnly(this.#presets, isOfAnswer ? days : null);
  }

  /**
   * Show the server's problem with a field.
   *
   * @param {"ticker"|"days"} name
   * @param {string} text
   */
  showProblem(name, text) {
    const field = name === "ticker" ? this.#ticker : this.#days;
    showFieldProblem(field, text);
    // The failure may come late: do not take the focus from a text that is being typed elsewhere.
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.closest("button")) field.focus();
  }

  /** Move the focus to the submit button. */
  focusSubmit() {
    const submit = this.#form.querySelector("[type=submit]");
    if (submit instanceof HTMLElement) submit.focus();
  }

  /**
   * Offer tickers that an unknown one may stand for. None removes the offer.
   *
   * @param {Match[]} matches
   */
  showAlternatives(matches) {
    const buttons = matches.slice(0, MOST_ALTERNATIVES).map(({ ticker, name }) => {
      const chooseThis = () => {
        this.#ticker.value = ticker;
        this.#onSubmit();
      };
      return button(name && name !== ticker ? `${ticker}, ${name}` : ticker, chooseThis, "chip");
    });
    const offer = byId("alternatives");
    offer.replaceChildren(...(buttons.length ? [element("span", "Did you mean"), ...buttons] : []));
    offer.hidden = buttons.length === 0;
  }

  /**
   * Offer the level of an address that is not among the usual ones. That of an earlier address is no longer offered.
   *
   * @param {string|null} text
   */
  #offerLevel(text) {
    offerOwn(this.#level, levelOf(text ?? "", this.#levels), formatLevel, (value, own) => value > own);
  }

  /**
   * Offer the length of the past of an address that is not among the usual ones.
   *
   * @param {string|null} text
   */
  #offerPast(text) {
    offerOwn(this.#past, pastOf(text ?? "", this.#pasts), pastName, (value, own) => value < own && value > 0);
  }

  async #submit() {
    this.#submissions += 1;
    const submission = this.#submissions;
    await this.#replaceNameByTicker();
    if (submission === this.#submissions) this.#onSubmit();
  }

  /** Replace a company's name by its ticker, if the suggestions for it are shown or pending. */
  async #replaceNameByTicker() {
    const typed = this.#ticker.value;
    const ticker = tickerOfName(typed, await this.#combobox.suggestions());
    if (ticker && this.#ticker.value === typed) this.#ticker.value = ticker;
  }

  /** @param {string} days */
  #choosePreset(days) {
    this.#days.value = days;
    showFieldProblem(this.#days, "");
    if (!this.#ticker.value.trim()) this.#ticker.value = questionParameters().get("ticker") ?? "";
    this.markPreset();
    if (this.#ticker.value.trim()) this.#form.requestSubmit();
  }
}

/**
 * Offer a value that is not among the usual ones, and no longer that of an earlier address.
 *
 * @param {HTMLSelectElement} field
 * @param {number|null} own
 * @param {(value: number) => string} format
 * @param {(value: number, own: number) => boolean} isAfter whether a usual value follows it in the list
 */
function offerOwn(field, own, format, isAfter) {
  for (const option of [...field.options]) if (option.dataset.own) option.remove();
  const options = [...field.options];
  if (own === null || options.some(({ value }) => value === String(own))) return;
  const option = new Option(format(own), String(own));
  option.dataset.own = "true";
  field.add(option, options.find(({ value }) => isAfter(Number(value), own)) ?? null);
}

/**
 * Return the limits of a field's values.
 *
 * @param {HTMLSelectElement} field
 */
function limitsOf({ dataset: { min, max } }) {
  return { min: Number(min), max: Number(max) };
}

/**
 * Choose the option of a value in an address; none for a value that is not offered.
 *
 * @param {HTMLSelectElement} field
 * @param {string|null} value null chooses the usual option
 */
function choose(field, value) {
  const isNamed = (/** @type {HTMLOptionElement} */ option) => option.value === (value && String(Number(value) || value));
  field.selectedIndex = [...field.options].findIndex((option) => (value === null ? option.defaultSelected : isNamed(option)));
}

/** @param {HTMLSelectElement} field */
function isUsual(field) {
  return field.selectedOptions[0]?.defaultSelected ?? false;
}

/** Return the question in the page's address, which is that of the answer below the form. */
export function questionParameters() {
  return new URLSearchParams(location.search);
}
