/** The form of a pattern search: one or several patterns, and where to search. */

import { distinctPatterns, scopeOf, splitTickers, thresholdProblem, tickersProblem } from "../text/pattern_questions.js";
import { mistakePlace, problemOf } from "../text/patterns.js";
import { byId, onPress, showFieldProblem } from "../widgets/elements.js";
import { PatternList } from "./pattern_list.js";
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
  #list = new PatternList(() => this.#addToList());
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
    this.#list.patterns = [];
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
    const patterns = this.#readPatterns();
    this.#focusInvalid();
    return patterns && scope && { ticker, patterns, ...scope };
  }

  /**
   * Show the server's problem with a pattern beside its field, and mark the place of the mistake. The pattern comes into
   * the form, and the others of the search into the list.
   *
   * @param {{code: string, detail: string}} failure
   * @param {Pattern[]} patterns of the search
   */
  showProblem({ code, detail }, patterns) {
    if (!OF_PATTERN.includes(code)) return false;
    const { at, problem } = problemOf(detail);
    this.#fillPatterns(patterns, at);
    this.#showParts();
    const field = this.#kind === "turnaround" ? this.#threshold : this.#candles;
    if (this.#kind === "shape") {
      this.#stretch.showProblem(problem);
      return true;
    }
    showFieldProblem(field, problem);
    field.focus();
    const place = mistakePlace(problem);
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

  /** Put the pattern in the form into the list, so that the form takes another one. */
  #addToList() {
    this.clearProblems();
    const pattern = this.#readPattern();
    this.#focusInvalid();
    if (!pattern) return;
    this.#list.patterns = [...this.#list.patterns, pattern];
    this.#candles.value = "";
    this.#stretch.choose("", "");
    this.#showParts();
    this.#firstField.focus();
  }

  get #firstField() {
    if (this.#kind === "turnaround") return this.#threshold;
    return this.#kind === "shape" ? byId("stretch-from") : this.#candles;
  }

  /** Whether nothing is entered in the form, which the list may allow. */
  get #isEmpty() {
    if (this.#kind === "turnaround") return this.#threshold.value === "";
    return this.#kind === "shape" ? this.#stretch.isEmpty : !this.#candles.value.trim();
  }

  #focusInvalid() {
    const invalid = this.#form.querySelector("[aria-invalid=true]");
    if (invalid instanceof HTMLElement) invalid.focus();
  }

  /** @returns {Pattern[]|null} */
  #readPatterns() {
    const { patterns } = this.#list;
    if (patterns.length && this.#isEmpty) return patterns;
    const pattern = this.#readPattern();
    return pattern && distinctPatterns([...patterns, pattern]);
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
  #fillQuestion({ patterns, tickers = [], all }) {
    const some = tickers.length ? "some" : "one";
    this.#choose("scope", all ? "all" : some);
    this.#tickers.value = tickers.join(", ");
    this.#fillPatterns(patterns, patterns.length - 1);
  }

  /**
   * Fill the form with one pattern of a search, and the list with the others.
   *
   * @param {Pattern[]} patterns
   * @param {number} at the place of the one in the form
   */
  #fillPatterns(patterns, at) {
    this.#list.patterns = patterns.filter((_, place) => place !== at);
    const pattern = patterns[at];
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
