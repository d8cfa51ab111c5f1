/** The choice of a stretch of prices: by a drag on the chart, or by two dates. */

import { clear, draw, onSelect } from "../charts/plotly.js";
import { stretchFigure, tradingDaysWithin } from "../charts/stretch_figure.js";
import { stretchProblem } from "../text/pattern_questions.js";
import { stretchText } from "../text/patterns.js";
import { byId, onPress, pressOnly, showFieldProblem } from "../widgets/elements.js";

/** @import { Shown } from "../page/late_panel.js" */

const USUAL_MONTHS = "24";

export class StretchChart {
  #chart = byId("stretch-chart");
  #from = byId("stretch-from", HTMLInputElement);
  #to = byId("stretch-to", HTMLInputElement);
  #touch = byId("stretch-touch", HTMLButtonElement);
  #months = USUAL_MONTHS;
  #isMarking = !matchMedia("(pointer: coarse)").matches;
  /** @type {Shown|null} */
  #shown = null;
  /** @type {PricePoint[]} */
  #days = [];

  constructor() {
    onPress(byId("stretch-ranges"), (months) => {
      this.#months = months;
      this.#draw();
    });
    this.#touch.hidden = this.#isMarking;
    this.#touch.addEventListener("click", () => {
      this.#isMarking = !this.#isMarking;
      this.#touch.setAttribute("aria-pressed", String(this.#isMarking));
      this.#draw();
    });
    for (const field of [this.#from, this.#to]) field.addEventListener("change", () => this.#readDates());
  }

  /**
   * Show the closes of a result's stock.
   *
   * @param {Shown} shown
   */
  async show(shown) {
    const isOther = this.#shown?.result !== shown.result;
    this.#shown = shown;
    if (isOther) this.#days = await shown.history.all();
    if (this.#shown !== shown) return;
    const [first, last] = [this.#days[0]?.date ?? "", this.#days.at(-1)?.date ?? ""];
    for (const field of [this.#from, this.#to]) Object.assign(field, { min: first, max: last });
    this.#describe();
    this.#draw();
  }

  clear() {
    this.#shown = null;
    this.#days = [];
    this.choose("", "");
    clear(this.#chart);
  }

  /**
   * Put two dates into the fields.
   *
   * @param {string} from
   * @param {string} to
   */
  choose(from, to) {
    this.#from.value = from;
    this.#to.value = to;
    this.clearProblem();
    this.#describe();
  }

  /**
   * Return the two dates, or null after showing the problem beside them.
   *
   * @returns {{start: string, end: string}|null}
   */
  read() {
    const found = this.#marked();
    const problem = stretchProblem(this.#from.value, this.#to.value, found?.count ?? 0);
    showFieldProblem(this.#from, problem);
    return problem || !found ? null : { start: found.stretch[0], end: found.stretch[1] };
  }

  /**
   * Show a problem with the stretch beside its dates.
   *
   * @param {string} problem
   */
  showProblem(problem) {
    showFieldProblem(this.#from, problem);
    this.#from.focus();
  }

  get isEmpty() {
    return !this.#from.value && !this.#to.value;
  }

  clearProblem() {
    showFieldProblem(this.#from, "");
  }

  #marked() {
    const [from, to] = [this.#from.value, this.#to.value];
    return from && to ? tradingDaysWithin(this.#days, [from, to]) : null;
  }

  #readDates() {
    this.clearProblem();
    this.#describe();
    this.#draw();
  }

  #describe() {
    byId("stretch-words").textContent = stretchText(this.#marked());
  }

  #draw() {
    if (!this.#shown || !this.#days.length) return;
    const { result } = this.#shown;
    const marked = this.#marked();
    const view = { range: this.#range(), stretch: marked?.stretch ?? null, isMarking: this.#isMarking };
    pressOnly(byId("stretch-ranges"), this.#months);
    const drawn = draw(
      this.#chart,
      `Closes of ${result.ticker}. ${stretchText(marked)} The two dates below the chart choose it too.`,
      (theme) => this.#shown?.result === result && stretchFigure(this.#days, result.currency, view)(theme),
    );
    drawn.then((isDrawn) => isDrawn && onSelect(this.#chart, (dates) => this.#mark(dates)));
  }

  /** @param {[string, string]} dates that a drag selected */
  #mark(dates) {
    const found = tradingDaysWithin(this.#days, dates);
    if (!found) return;
    this.choose(...found.stretch);
    this.#draw();
  }

  /** @returns {[string, string]} */
  #range() {
    const last = this.#days.at(-1)?.date ?? "";
    const first = this.#days[0]?.date ?? "";
    const start = new Date(`${last}T00:00:00Z`);
    start.setUTCMonth(start.getUTCMonth() - Number(this.#months));
    const from = Number(this.#months) ? start.toISOString().slice(0, 10) : first;
    const marked = this.#marked()?.stretch[0] ?? from;
    return [[from, marked].sort()[0] ?? first, last];
  }
}
