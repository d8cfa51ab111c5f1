/** The form of an evaluation: models, horizon, past forecasts, and options. */

import { daysProblem } from "../text/failures.js";
import { MOST_DAYS, modelsProblem, optionalParts, originsProblem, splitNames, splitOf } from "../text/evaluations.js";
import { byId, showFieldProblem } from "../widgets/elements.js";

export class EvaluationForm {
  #form = byId("evaluation-form", HTMLFormElement);
  #models = [...byId("evaluation-models").querySelectorAll("input")];
  #otherModels = byId("other-models", HTMLInputElement);
  #days = byId("evaluation-days", HTMLInputElement);
  #origins = byId("origins", HTMLInputElement);
  #field = byId("evaluation-field", HTMLSelectElement);
  #level = byId("evaluation-level", HTMLSelectElement);
  #otherStocks = byId("other-stocks", HTMLInputElement);
  #split = byId("evaluation-split", HTMLInputElement);
  #rule = byId("evaluation-rule", HTMLInputElement);
  #options = byId("evaluation-options", HTMLDetailsElement);

  /** @param {() => void} onSubmit */
  constructor(onSubmit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    this.#form.addEventListener("input", ({ target }) => {
      const isExplained = target instanceof HTMLInputElement && document.getElementById(`${target.id}-error`);
      if (isExplained) showFieldProblem(target, "");
      if (target instanceof HTMLInputElement && target.name === "model") showFieldProblem(this.#otherModels, "");
      this.#offerRule();
    });
  }

  /**
   * Fill the form with a question, or with the usual one for a forecast.
   *
   * @param {EvaluationQuestion|null} question
   * @param {FinishedForecast} result
   */
  fill(question, result) {
    this.clearProblems();
    this.#days.value = String(question?.days ?? Math.min(result.days, MOST_DAYS));
    this.#field.value = result.field;
    if (question) this.#fillQuestion(question);
    this.#offerRule();
  }

  /** Offer the trading rule for the close only: the rule trades at the end of a day. */
  #offerRule() {
    this.#rule.disabled = this.#field.value !== "close";
  }

  /** @param {EvaluationQuestion} question */
  #fillQuestion({ models = [], origins, field = "close", level, others = [], split, rule }) {
    for (const box of this.#models) box.checked = models.includes(box.value);
    const named = this.#models.map(({ value }) => value);
    this.#otherModels.value = models.filter((name) => !named.includes(name)).join(", ");
    this.#origins.value = String(origins);
    this.#field.value = field;
    this.#level.value = String(level);
    this.#otherStocks.value = others.join(", ");
    this.#split.checked = Boolean(split);
    this.#rule.checked = Boolean(rule);
    this.#options.open = Boolean(this.#otherModels.value || this.#otherStocks.value || split || rule);
  }

  clearProblems() {
    for (const field of [this.#days, this.#origins, this.#otherModels, this.#otherStocks]) showFieldProblem(field, "");
  }

  /**
   * Return the question in the form, or null after showing the problems beside their fields.
   *
   * @param {string} ticker
   * @returns {EvaluationQuestion|null}
   */
  read(ticker) {
    const further = splitNames(this.#otherModels.value.toLowerCase());
    const models = [...new Set([...this.#models.filter(({ checked }) => checked).map(({ value }) => value), ...further])];
    const [days, origins] = [this.#days.valueAsNumber, this.#origins.valueAsNumber];
    showFieldProblem(this.#days, daysProblem(days, { min: 1, max: MOST_DAYS }));
    showFieldProblem(this.#origins, originsProblem(origins));
    this.#showModelsProblem(modelsProblem(further, models.length));
    const invalid = this.#form.querySelector("[aria-invalid=true]");
    if (invalid instanceof HTMLElement) {
      invalid.focus();
      return null;
    }
    const others = splitNames(this.#otherStocks.value.toUpperCase());
    return {
      ticker,
      models,
      days,
      origins,
      field: /** @type {EvaluationQuestion["field"]} */ (this.#field.value),
      level: Number(this.#level.value),
      ...optionalParts(others, splitOf(this.#split.checked), this.#rule.checked && !this.#rule.disabled),
    };
  }

  /**
   * Show the server's problem with the request beside its field, if it belongs to one.
   *
   * @param {{code: string, detail: string}} failure
   */
  showProblem({ code, detail }) {
    if (code === "unknown_model") this.#showModelsProblem(detail);
    else if (code === "invalid_days") showFieldProblem(this.#days, detail);
    else return false;
    const invalid = this.#form.querySelector("[aria-invalid=true]");
    if (invalid instanceof HTMLElement) invalid.focus();
    return true;
  }

  focusSubmit() {
    const submit = this.#form.querySelector("[type=submit]");
    if (submit instanceof HTMLElement) submit.focus();
  }

  /** @param {string} text */
  #showModelsProblem(text) {
    if (text) this.#options.open = true;
    showFieldProblem(this.#otherModels, text);
  }
}
