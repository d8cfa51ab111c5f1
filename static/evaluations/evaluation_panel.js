/** The panel in which models are compared on a stock's past. */

import { RunningRequest } from "../analyses/running_request.js";
import { evaluationAddress, evaluationOf, evaluationTitle, evaluationWords, ruleWords } from "../text/evaluations.js";
import { putIntoAddress } from "../analyses/address.js";
import { byId } from "../widgets/elements.js";
import { ErrorsView } from "./errors_view.js";
import { EvaluationForm } from "./evaluation_form.js";
import { ruleTable, scoresTable } from "./model_tables.js";

/** @import { Shown } from "../page/late_panel.js" */

export class EvaluationPanel {
  #form = new EvaluationForm(() => this.#submit());
  #errors = new ErrorsView();
  #request = new RunningRequest(byId("evaluation-work"), "evaluations", "evaluation", {
    onCancel: () => this.#form.focusSubmit(),
    onAgain: () => this.#submit(),
  });
  /** @type {Shown|null} */
  #shown = null;

  /**
   * Show the form for a result's stock, and run the evaluation that the address asks for.
   *
   * @param {Shown} shown
   */
  show(shown) {
    if (this.#shown?.result === shown.result) {
      this.#errors.draw();
      return;
    }
    this.#shown = shown;
    const { result } = shown;
    const question = evaluationOf(new URLSearchParams(location.search), result.ticker);
    this.#form.fill(question, result);
    if (question) this.#run(question);
  }

  /** Cancel what runs, and remove the evaluation. */
  clear() {
    this.#shown = null;
    this.#request.stop();
    this.#clearAnswer();
  }

  #clearAnswer() {
    byId("evaluation-answer").hidden = true;
    byId("evaluation-table").replaceChildren();
    byId("rule-table").replaceChildren();
    this.#errors.clear();
  }

  #submit() {
    if (!this.#shown) return;
    const { result } = this.#shown;
    const question = this.#form.read(result.ticker);
    if (!question) return;
    putIntoAddress(result, evaluationAddress(question));
    this.#run(question);
  }

  /** @param {EvaluationQuestion} question */
  async #run(question) {
    this.#clearAnswer();
    this.#form.clearProblems();
    const evaluation = await this.#request.run(question, {
      isResult: ({ models, origins }) => Array.isArray(models) && Array.isArray(origins),
      showsProblem: (failure) => this.#form.showProblem(failure),
    });
    if (evaluation) this.#showEvaluation(evaluation);
  }

  /** @param {Evaluation} evaluation */
  #showEvaluation(evaluation) {
    byId("evaluation-title").textContent = evaluationTitle(evaluation);
    byId("evaluation-words").textContent = evaluationWords(evaluation);
    byId("evaluation-table").replaceChildren(scoresTable(evaluation));
    byId("rule").hidden = !evaluation.buy_and_hold;
    if (evaluation.rule && evaluation.buy_and_hold) {
      byId("rule-words").textContent = ruleWords(evaluation.rule);
      byId("rule-table").replaceChildren(ruleTable(evaluation));
    }
    byId("evaluation-answer").hidden = false;
    this.#errors.show(evaluation);
    byId("evaluation-title").scrollIntoView({ block: "nearest" });
  }
}
