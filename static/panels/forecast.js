/** The forecast's panel: the server's picture at once, the interactive chart once plotly is loaded, and the table. */

import { clear, download, draw, onDrawn, onZoom, preload } from "../charts/plotly.js";
import { usualMonths } from "../charts/ranges.js";
import { chartDescription, chartKey, viewTitle } from "../text/answer.js";
import { fieldOf, isStandard, subjectOf } from "../text/fields.js";
import { currencyName, formatAmount, formatDate } from "../text/formats.js";
import { byId, onPress, pressOnly, table } from "../widgets/elements.js";
import { Picture } from "./picture.js";
import { PriceLine } from "./price_line.js";

/** @import { Draft } from "../alerts/alert_form.js" */
/** @import { PriceHistory } from "../api/prices.js" */
/** @import { forecastFigure } from "../charts/forecast_figure.js" */
/** @import { savedView } from "../charts/saved_view.js" */

/** @type {Promise<{forecastFigure: typeof forecastFigure, savedView: typeof savedView}|null>|null} */
let loading = null;

/**
 * Load what draws the chart, which the page's first view does not need.
 *
 * @returns the functions, or null if they could not be loaded: the server's picture then stays
 */
function loadDrawing() {
  const modules = () => Promise.all([import("../charts/forecast_figure.js"), import("../charts/saved_view.js")]);
  loading ??= modules()
    .then(([figures, views]) => ({ forecastFigure: figures.forecastFigure, savedView: views.savedView }))
    .catch(() => {
      loading = null;
      return null;
    });
  return loading;
}

/** A chart whose size differs by more is drawn again, because its dots have another size. */
const SAME_SIZE = 0.05;

export class ForecastPanel {
  #picture = new Picture(byId("plot", HTMLImageElement), byId("plot-download", HTMLAnchorElement));
  #chart = byId("forecast-chart");
  #line = new PriceLine(this.#chart);
  #paths = byId("paths", HTMLButtonElement);
  #tableFold = byId("forecast-table-fold", HTMLDetailsElement);
  /** @type {{result: FinishedForecast, history: PriceHistory}|null} */
  #shown = null;
  /** @type {PricePoint[]} */
  #days = [];
  /** @type {[string, string]} */
  #range = ["", ""];
  /** @type {"line"|"candles"} */
  #form = "line";
  #hasPaths = false;
  #size = [0, 0];

  /** @param {(draft: Draft) => void} onAlert called with the line's price */
  constructor(onAlert) {
    byId("line-alert").addEventListener("click", () => this.#draftAlert(onAlert));
    onPress(byId("ranges"), (months) => this.#showMonths(Number(months)));
    onPress(byId("forms"), (form) => this.#setForm(form === "candles" ? "candles" : "line"));
    this.#paths.addEventListener("click", () => this.#showPaths(!this.#hasPaths));
    byId("view-download").addEventListener("click", () => this.#download());
    this.#tableFold.addEventListener("toggle", () => this.#showTable());
  }

  /** @param {(draft: Draft) => void} onAlert */
  #draftAlert(onAlert) {
    const price = this.#line.described?.price;
    if (!this.#shown || price === undefined) return;
    const { ticker, currency, last_close: close } = this.#shown.result;
    onAlert({ ticker, kind: price > close ? "above" : "below", price, currency });
  }

  /**
   * @param {FinishedForecast} result
   * @param {PriceHistory} history
   */
  async show(result, history) {
    this.#shown = { result, history };
    this.#showPicture(result);
    this.#line.show(result);
    byId("frame").classList.toggle("with-dots", Boolean(result.distribution));
    byId("chart-key").textContent = chartKey(result);
    byId("path-switch").hidden = !result.sample_paths;
    // Alerts are on closes, and candles are days of prices.
    byId("line-alert").hidden = !isStandard(result);
    byId("forms").hidden = fieldOf(result) !== "close";
    if (byId("forms").hidden) this.#form = "line";
    byId("chart-controls").classList.add("pending");
    byId("chart-controls").hidden = false;
    byId("view-download").classList.add("pending");
    this.#showTable();
    preload();
    loadDrawing();
    const days = await history.recent();
    if (this.#shown?.result !== result) return;
    this.#days = days;
    this.#showMonths(usualMonths(result.days));
  }

  /** Fill the table if it is open: one of a forecast over 10,000 days has 7000 rows. */
  #showTable() {
    if (this.#shown && this.#tableFold.open) byId("forecast-table").replaceChildren(forecastTable(this.#shown.result));
    else byId("forecast-table").replaceChildren();
  }

  /** Draw the chart again, in the colours and the size of now. */
  redraw() {
    if (!this.#chart.hidden) this.#draw();
  }

  clear() {
    this.#shown = null;
    this.#picture.clear();
    clear(this.#chart);
    this.#line.clear();
  }

  async #draw() {
    if (!this.#shown) return;
    const { result } = this.#shown;
    const isShown = () => this.#shown?.result === result;
    const view = { history: this.#days, form: this.#form, range: this.#range, hasPaths: this.#hasPaths };
    const drawing = await loadDrawing();
    const figure = drawing?.forecastFigure(result, view);
    const isDrawn = await draw(this.#chart, chartDescription(result), (theme) => {
      this.#size = [theme.width, theme.height];
      return figure && isShown() ? figure(theme) : false;
    });
    if (!isShown()) return;
    byId("chart-controls").hidden = !isDrawn;
    if (!isDrawn) return;
    onZoom(this.#chart, (range) => this.#zoom(range));
    onDrawn(this.#chart, () => this.#afterDrawing());
    this.#line.place();
    this.#line.colour();
    byId("chart-controls").classList.remove("pending");
    byId("view-download").classList.remove("pending");
    byId("plot").classList.add("covered");
  }

  #afterDrawing() {
    const now = [this.#chart.clientWidth, this.#chart.clientHeight];
    const isSame = now.every((size, at) => Math.abs(size - (this.#size[at] ?? 0)) <= SAME_SIZE * size);
    if (isSame) this.#line.place();
    else this.#draw();
  }

  /** @param {[string, string]|null} range null shows the usual range again */
  #zoom(range) {
    if (!range) {
      this.#showMonths(usualMonths(this.#shown?.result.days ?? 0));
      return;
    }
    this.#range = range;
    pressOnly(byId("ranges"), null);
    this.#draw();
  }

  /** @param {number} months of the past to show; 0 shows everything */
  async #showMonths(months) {
    if (!this.#shown) return;
    const { result, history } = this.#shown;
    if (!months) {
      const days = await history.all();
      if (this.#shown?.result !== result) return;
      this.#days = days;
    }
    const start = new Date(`${result.as_of}T00:00:00Z`);
    start.setUTCMonth(start.getUTCMonth() - months);
    const first = months ? start.toISOString().slice(0, 10) : this.#days[0]?.date;
    this.#range = [first ?? result.as_of, result.target_date];
    pressOnly(byId("ranges"), String(months));
    this.#setForm(this.#form);
  }

  /** @param {"line"|"candles"} form */
  #setForm(form) {
    this.#form = form;
    pressOnly(byId("forms"), form);
    this.#draw();
  }

  /** @param {boolean} hasPaths */
  #showPaths(hasPaths) {
    this.#hasPaths = hasPaths;
    this.#paths.setAttribute("aria-checked", String(hasPaths));
    this.#draw();
  }

  async #download() {
    const drawing = await loadDrawing();
    if (!this.#shown || !drawing) return;
    const { result } = this.#shown;
    const { savedView } = drawing;
    const parts = { title: viewTitle(result), line: this.#line.described };
    download(this.#chart, `${fileName(result)}-view`, (drawn, theme) => savedView(drawn, theme, parts));
  }

  /** @param {FinishedForecast} result */
  #showPicture(result) {
    byId("plot").classList.remove("covered");
    for (const form of ["pdf", "html"]) {
      byId(`report-${form}`, HTMLAnchorElement).href = `api/v1/forecasts/${result.request_id}/report.${form}`;
    }
    const filename = `${fileName(result)}.png`;
    const isShown = this.#picture.show(result.plot_png_base64, { alt: chartDescription(result), filename });
    byId("chart").hidden = !isShown;
    byId("chart-missing").hidden = isShown;
  }
}

/** @param {FinishedForecast} result */
function fileName(result) {
  const field = fieldOf(result);
  return `${result.ticker}${field === "close" ? "" : `-${field}`}-${result.days}d`;
}

/** @param {FinishedForecast} result */
function forecastTable(result) {
  const { currency, forecast } = result;
  const rows = forecast.map(({ date, price, lower, upper }) => [
    formatDate(date),
    ...[price, lower, upper].map((value) => formatAmount(value, currency)),
  ]);
  const middle = fieldOf(result) === "close" ? "Price" : "Median";
  return table(`Forecast of ${subjectOf(result)} in ${currencyName(currency)}`, ["Date", middle, "Lower", "Upper"], rows);
}
