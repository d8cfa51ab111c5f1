/** The form of a pattern search: the pattern, and where to search. */

import { mistakePlace, scopeOf, splitTickers, thresholdProblem, tickersProblem } from "../text/patterns.js";
import { byId, onPress, showFieldProblem } from "../widgets/elements.js";
import { StretchChart } from "./stretch_chart.js";

/** @import { Shown } from "../page/late_panel.js" */

const NO_CANDLES = "Write candles such as G G G R, or a name such as hammer.";
/** The codes of failures that belong to the pattern. */
const OF_PATTERN = ["invalid_pattern", "unusable_window"];
const FIND = { candles: "Find", turnaround: "Find", shape: "Find similar" };

export class PatternForm {
  #form = byId("pattern-form", HTMLFormElement);
  #candles = byId("candles", HTMLInputElement);
  #period = byId("candle-period", HTMLSelectElement);
  #threshold = byId("threshold", HTMLInputElement);
  #unit = byId("threshold-unit", HTMLSelectElement);
  #turn = byId("turn", HTMLSelectElement);
  #warping = byId("warping", HTMLInputElement);
  #tickers = byId("scope-tickers", HTMLInputElement);
  #stretch = new StretchChart();
  /** @type {Shown|null} */
  #shown = null;

  /** @param {() => void} onSubmit */
  constructor(onSubmit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    for (const field of [this.#candles, this.#threshold, this.#tickers]) {
      field.addEventListener("input", () => showFieldProblem(field, ""));
    }
    this.#form.addEventListener("change", () => this.#showParts());
    onPress(byId("candle-examples"), (example) => {
      this.#candles.value = example;
      showFieldProblem(this.#candles, "");
    });
  }

  /**
   * Show the form for a result's stock, with the search of an address if there is one.
   *
   * @param {Shown} shown
   * @param {PatternQuestion|null} question
   */
  fill(shown, question) {
    this.#shown = shown;
    this.clearProblems();
    byId("scope-ticker").textContent = `${shown.result.ticker} only`;
    if (question) this.#fillQuestion(question);
    this.#showParts();
  }

  /** Draw the chart of the prices again, in the colours and the size of now. */
  redraw() {
    this.#showParts();
  }

  clear() {
    this.#shown = null;
    this.#stretch.clear();
  }

  clearProblems() {
    for (const field of [this.#candles, this.#threshold, this.#tickers]) showFieldProblem(field, "");
    this.#stretch.clearProblem();
  }

  /**
   * Return the question in the form, or null after showing the problems beside their fields.
   *
   * @param {string} ticker
   * @returns {PatternQuestion|null}
   */
  read(ticker) {
    this.clearProblems();
    const scope = this.#readScope();
    const pattern = this.#readPattern();
    const invalid = this.#form.querySelector("[aria-invalid=true]");
    if (invalid instanceof HTMLElement) invalid.focus();
    return pattern && scope && { ticker, patterns: [pattern], ...scope };
  }

  /**
   * Show the server's problem with the pattern beside its field, and mark the place of the mistake.
   *
   * @param {{code: string, detail: string}} failure
   */
  showProblem({ code, detail }) {
    if (!OF_PATTERN.includes(code)) return false;
    const field = this.#kind === "turnaround" ? this.#threshold : this.#candles;
    if (this.#kind === "shape") {
      this.#stretch.showProblem(detail);
      return true;
    }
    showFieldProblem(field, detail);
    field.focus();
    const place = mistakePlace(detail);
    if (place !== null && field === this.#candles) field.setSelectionRange(place, place + 1);
    return true;
  }

  focusSubmit() {
    byId("find-pattern").focus();
  }

  /** @returns {"candles"|"turnaround"|"shape"} */
  get #kind() {
    return /** @type {"candles"|"turnaround"|"shape"} */ (new FormData(this.#form).get("pattern"));
  }

  #showParts() {
    for (const part of this.#form.querySelectorAll("[data-pattern]")) {
      if (part instanceof HTMLElement) part.hidden = part.dataset.pattern !== this.#kind;
    }
    byId("scope-list").hidden = new FormData(this.#form).get("scope") !== "some";
    byId("find-pattern").textContent = FIND[this.#kind];
    if (this.#kind === "shape" && this.#shown) this.#stretch.show(this.#shown);
  }

  /** @returns {Pattern|null} */
  #readPattern() {
    if (this.#kind === "shape") {
      const stretch = this.#stretch.read();
      return stretch && { type: "shape", ...stretch, ...(this.#warping.checked ? { dtw: true } : {}) };
    }
    if (this.#kind === "turnaround") return this.#readTurnaround();
    const candles = this.#candles.value.trim();
    showFieldProblem(this.#candles, candles ? "" : NO_CANDLES);
    return candles ? { type: "candles", candles, every: /** @type {"day"|"week"|"month"} */ (this.#period.value) } : null;
  }

  /** @returns {Pattern|null} */
  #readTurnaround() {
    const unit = this.#unit.value === "percent" ? "percent" : "usual_moves";
    const threshold = this.#threshold.valueAsNumber;
    const problem = thresholdProblem(threshold, unit);
    showFieldProblem(this.#threshold, problem);
    const size = unit === "percent" ? { percent: threshold } : { usual_moves: threshold };
    return problem ? null : { type: "turnaround", turn: this.#turn.value === "down" ? "down" : "up", ...size };
  }

  #readScope() {
    const scope = new FormData(this.#form).get("scope");
    if (scope !== "some") return scopeOf(scope === "all" ? "all" : "");
    const tickers = splitTickers(this.#tickers.value).filter((ticker) => ticker !== this.#shown?.result.ticker);
    const problem = tickersProblem(tickers);
    showFieldProblem(this.#tickers, problem);
    return problem ? null : { tickers };
  }

  /** @param {PatternQuestion} question */
  #fillQuestion({ patterns: [pattern], tickers = [], all }) {
    const some = tickers.length ? "some" : "one";
    this.#choose("scope", all ? "all" : some);
    this.#tickers.value = tickers.join(", ");
    if (pattern) this.#fillPattern(pattern);
  }

  /** @param {Pattern} pattern */
  #fillPattern(pattern) {
    this.#choose("pattern", pattern.type);
    if (pattern.type === "candles") {
      this.#candles.value = pattern.candles;
      this.#period.value = pattern.every ?? "day";
    } else if (pattern.type === "turnaround") {
      const { turn, usual_moves: moves, percent } = pattern;
      this.#turn.value = turn;
      this.#unit.value = moves ? "usual_moves" : "percent";
      this.#threshold.value = String(moves ?? percent);
    } else {
      this.#stretch.choose(pattern.start ?? "", pattern.end ?? "");
      this.#warping.checked = Boolean(pattern.dtw);
    }
  }

  /**
   * @param {string} name of a group of radio buttons
   * @param {string} value
   */
  #choose(name, value) {
    for (const each of this.#form.querySelectorAll(`input[name=${name}]`)) {
      if (each instanceof HTMLInputElement) each.checked = each.value === value;
    }
  }
}
