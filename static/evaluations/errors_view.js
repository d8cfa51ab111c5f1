/** The errors of an evaluation over time: a chart in three views, and a table. */

import { errorsFigure } from "../charts/errors_figure.js";
import { clear, draw } from "../charts/plotly.js";
import { byId, onPress, pressOnly } from "../widgets/elements.js";
import { forecastsTable } from "./model_tables.js";

/** @import { View } from "../charts/errors_figure.js" */

/** @type {Record<View, string>} */
const WORDS = {
  errors: "The error of each forecast (CRPS), in percent of the last value, on the day that it was made for. Smaller is better.",
  sums: "The errors of the yardstick minus those of the model, summed up. A rising line means that the model does better.",
  forecasts: "The middle of each forecast beside what came.",
};

export class ErrorsView {
  #chart = byId("errors-chart");
  #fold = byId("errors-fold", HTMLDetailsElement);
  /** @type {View} */
  #view = "sums";
  /** @type {Evaluation|null} */
  #evaluation = null;

  constructor() {
    onPress(byId("errors-views"), (view) => {
      this.#view = isView(view) ? view : "sums";
      this.draw();
    });
    this.#fold.addEventListener("toggle", () => this.#showTable());
  }

  /** @param {Evaluation} evaluation */
  show(evaluation) {
    this.#evaluation = evaluation;
    this.#showTable();
    this.draw();
  }

  clear() {
    this.#evaluation = null;
    clear(this.#chart);
    this.#showTable();
  }

  /** Draw the chart in the colours and the size of now. */
  async draw() {
    const evaluation = this.#evaluation;
    if (!evaluation) return;
    pressOnly(byId("errors-views"), this.#view);
    byId("errors-words").textContent = WORDS[this.#view];
    const figure = errorsFigure(evaluation, this.#view);
    const description = `${WORDS[this.#view]} The table below has the figures.`;
    const isDrawn = await draw(this.#chart, description, (theme) => this.#evaluation === evaluation && figure(theme));
    if (this.#evaluation === evaluation) this.#chart.hidden = !isDrawn;
  }

  /** Fill the table if it is open. */
  #showTable() {
    const isShown = this.#evaluation && this.#fold.open;
    byId("errors-table").replaceChildren(...(isShown && this.#evaluation ? [forecastsTable(this.#evaluation)] : []));
  }
}

/**
 * @param {string} name
 * @returns {name is View}
 */
function isView(name) {
  return Object.hasOwn(WORDS, name);
}
