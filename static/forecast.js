/** The forecast's panel: the picture at once, the interactive chart over it when its script is there, and the table. */

import { clear, draw, onZoom, prepare } from "./chart.js";
import { table } from "./elements.js";
import { forecastFigure } from "./figures.js";
import { Picture } from "./picture.js";
import { chartWords, currencyWords, dateWords, priceFigures } from "./words.js";

/** How many months of the past stand beside how many days of forecast, so that neither is a sliver. */
const MONTHS_BESIDE = [
  [45, 6],
  [180, 12],
];
const MOST_MONTHS = 24;

const byId = (id) => document.getElementById(id);

/** Shows one forecast at a time, in the form and the range that the reader chooses. */
export class ForecastPanel {
  #picture = new Picture(byId("plot"), byId("plot-download"));
  #place = byId("forecast-chart");
  #result = null;
  #prices = null;
  #past = [];
  #range = null;
  #form = "line";

  constructor() {
    byId("ranges").addEventListener("click", ({ target }) => target.value && this.#choose(Number(target.value)));
    byId("forms").addEventListener("click", ({ target }) => target.value && this.#shape(target.value));
  }

  /** @param {object} result @param {import("./store.js").StoredPrices} prices */
  async show(result, prices) {
    this.#result = result;
    this.#prices = prices;
    this.#showPicture();
    byId("chart-controls").classList.add("pending");
    byId("chart-controls").hidden = false;
    byId("forecast-table").replaceChildren(forecastTable(result));
    prepare();
    const past = await prices.recent();
    if (this.#result !== result) return;
    this.#past = past;
    this.#choose(usualMonths(result.days));
  }

  /** Draw again what is shown, in the colours and the size of now. */
  redraw() {
    if (!this.#place.hidden) this.#draw();
  }

  clear() {
    this.#result = null;
    this.#picture.clear();
    clear(this.#place);
  }

  async #draw() {
    const result = this.#result;
    const figure = forecastFigure(result, { past: this.#past, form: this.#form, range: this.#range });
    const drawn = await draw(this.#place, chartWords(result), (look) => this.#result === result && figure(look));
    if (this.#result !== result) return;
    byId("chart-controls").hidden = !drawn;
    if (!drawn) return;
    onZoom(this.#place, (range) => this.#zoom(range));
    byId("chart-controls").classList.remove("pending");
    byId("plot").classList.add("covered");
  }

  #zoom(range) {
    if (!range) return this.#choose(usualMonths(this.#result.days));
    this.#range = range;
    press("ranges", "none");
    this.#draw();
  }

  /** Show the last `months`, or with 0 all that is stored. */
  async #choose(months) {
    const result = this.#result;
    if (!months) {
      this.#past = await this.#prices.all();
      if (this.#result !== result) return;
    }
    const start = new Date(`${result.as_of}T00:00:00Z`);
    start.setUTCMonth(start.getUTCMonth() - months);
    const first = months ? start.toISOString().slice(0, 10) : this.#past[0].date;
    this.#range = [first, result.target_date];
    press("ranges", String(months));
    this.#shape(this.#form);
  }

  #shape(form) {
    this.#form = form;
    press("forms", form);
    this.#draw();
  }

  #showPicture() {
    const result = this.#result;
    byId("plot").classList.remove("covered");
    byId("chart").hidden = false;
    try {
      const filename = `${result.ticker}-${result.days}d.png`;
      this.#picture.show(result.plot_png_base64, { alt: chartWords(result), filename });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      byId("chart").hidden = true;
    }
    byId("chart-missing").hidden = !byId("chart").hidden;
  }
}

function usualMonths(days) {
  return MONTHS_BESIDE.find(([most]) => days <= most)?.[1] ?? MOST_MONTHS;
}

function press(group, value) {
  for (const button of byId(group).children) button.setAttribute("aria-pressed", String(button.value === value));
}

function forecastTable({ ticker, currency, forecast }) {
  const rows = forecast.map(({ date, price, lower, upper }) => [
    dateWords(date),
    ...[price, lower, upper].map(priceFigures),
  ]);
  return table(`Forecast of ${ticker} in ${currencyWords(currency)}`, ["Date", "Price", "Lower", "Upper"], rows);
}
