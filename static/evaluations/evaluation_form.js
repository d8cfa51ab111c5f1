/** The form of an evaluation: models, horizon, past forecasts, and options. */

import { addedModels } from "../api/evaluations.js";
import { daysProblem } from "../text/failures.js";
import {
  MOST_DAYS,
  boundProblem,
  costProblem,
  modelsProblem,
  optionalParts,
  originsProblem,
  ruleFields,
  ruleOf,
  splitNames,
  splitOf,
} from "../text/evaluations.js";
import { byId, element, showFieldProblem } from "../widgets/elements.js";

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
  #bound = byId("rule-bound", HTMLInputElement);
  #cost = byId("rule-cost", HTMLInputElement);
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
    this.#offerAddedModels();
  }

  /** Offer the models that the operator added. One that is written in the field of further models becomes a choice. */
  async #offerAddedModels() {
    for (const name of await addedModels()) {
      const written = splitNames(this.#otherModels.value);
      const [label, box] = [element("label", ` ${name}`, "choice"), element("input", "")];
      Object.assign(box, { type: "checkbox", name: "model", value: name, checked: written.includes(name) });
      label.prepend(box);
      byId("evaluation-models").append(label);
      this.#models.push(box);
      this.#otherModels.value = written.filter((other) => other !== name).join(", ");
    }
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
    for (const field of [this.#bound, this.#cost]) field.disabled = !this.#hasRule();
  }

  #hasRule() {
    return this.#rule.checked && !this.#rule.disabled;
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
    this.#fillRule(rule);
    this.#options.open = Boolean(this.#otherModels.value || this.#otherStocks.value || split || rule);
  }

  /** @param {EvaluationQuestion["rule"]} rule */
  #fillRule(rule) {
    this.#rule.checked = Boolean(rule);
    [this.#bound.value = "", this.#cost.value = ""] = ruleFields(rule ?? {});
  }

  clearProblems() {
    const fields = [this.#days, this.#origins, this.#otherModels, this.#otherStocks, this.#bound, this.#cost];
    for (const field of fields) showFieldProblem(field, "");
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
    const [bound, cost] = [this.#bound.valueAsNumber, this.#cost.valueAsNumber];
    this.#showRuleProblem(this.#bound, boundProblem(bound));
    this.#showRuleProblem(this.#cost, costProblem(cost));
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
      ...optionalParts(others, splitOf(this.#split.checked), this.#hasRule() ? ruleOf(bound, cost) : null),
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

  /**
   * Show the problem with a field of the trading rule, which counts only with the rule.
   *
   * @param {HTMLInputElement} field
   * @param {string} text
   */
  #showRuleProblem(field, text) {
    const problem = this.#hasRule() ? text : "";
    if (problem) this.#options.open = true;
    showFieldProblem(field, problem);
  }

  /** @param {string} text */
  #showModelsProblem(text) {
    if (text) this.#options.open = true;
    showFieldProblem(this.#otherModels, text);
  }
}
