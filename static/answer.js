/** The answer: words first, the picture at once, the interactive chart over it when its script is there, and the tabs. */

import { backtestFigure, clear, draw, forecastFigure, zoom } from "./chart.js";
import { Comparison } from "./comparison.js";
import { element, table } from "./elements.js";
import { Picture } from "./picture.js";
import { csvAddress, dailyPrices } from "./store.js";
import { Tabs } from "./tabs.js";
import {
  answerWords,
  backtestWords,
  chartWords,
  checkWords,
  countFigures,
  dateWords,
  factWords,
  gapWords,
  noticeWords,
  percentWords,
  priceFigures,
} from "./words.js";

const LATEST_ROWS = 60;
const CHART_YEARS = 2;
const RANGES = [
  ["3 months", 3],
  ["6 months", 6],
  ["1 year", 12],
  ["All", 0],
];

const byId = (id) => document.getElementById(id);

export class Answer {
  #watchlist;
  #picture = new Picture(byId("plot"), byId("plot-download"));
  #tabs = new Tabs(byId("tabs"), (panel) => this.#showPanel(panel));
  #comparison = new Comparison();
  #result = null;
  #prices = null;
  #form = "line";

  /** @param {import("./watchlist.js").Watchlist} watchlist */
  constructor(watchlist) {
    this.#watchlist = watchlist;
    watchlist.onChange(() => this.#markWatched());
    byId("watch").addEventListener("click", () => this.#toggleWatched());
    byId("ranges").replaceChildren(...RANGES.map(([words, months]) => this.#rangeButton(words, months)));
    byId("forms").addEventListener("click", ({ target }) => target.value && this.#showForm(target.value));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  /** Show a finished result. */
  show(result) {
    this.#result = result;
    const { lead, price, range } = answerWords(result);
    byId("answer-lead").textContent = lead;
    byId("answer-price").textContent = price;
    byId("answer-range").textContent = range;
    byId("answer-verdict").textContent = result.verdict ?? "";
    byId("answer-notices").replaceChildren(...noticeWords(result, new Date()).map((words) => element("li", words)));
    byId("answer-facts").replaceChildren(...factWords(result).map(factElement));
    byId("csv-download").href = csvAddress(result.ticker);
    byId("tab-backtest").hidden = !result.backtest;
    this.#markWatched();
    if (this.#watchlist.has(result.ticker)) this.#watchlist.add(result);
    byId("answer").hidden = false;
    this.#showPicture();
    byId("forecast-table").replaceChildren(forecastTable(result));
    this.#tabs.show("tab-forecast");
    this.#readPrices(result);
  }

  /** Take the answer away, with its pictures. */
  clear() {
    this.#result = null;
    this.#prices = null;
    byId("answer").hidden = true;
    this.#picture.clear();
    for (const id of ["forecast-chart", "backtest-chart"]) clear(byId(id));
    byId("forecast-chart").hidden = true;
    byId("chart-controls").hidden = true;
    this.#comparison.clear();
  }

  /** The chart comes with the closes of the result at once, and again with candles and volume when they are there. */
  async #readPrices(result) {
    await this.#drawForecast(result);
    const from = new Date(`${result.as_of}T00:00:00Z`);
    from.setUTCFullYear(from.getUTCFullYear() - CHART_YEARS);
    const prices = await dailyPrices(result.ticker, from.toISOString().slice(0, 10));
    if (this.#result !== result || !prices?.prices?.length) return;
    this.#prices = prices;
    byId("forms").hidden = false;
    this.#redraw();
  }

  async #drawForecast(result) {
    const place = byId("forecast-chart");
    byId("forms").hidden = !this.#prices;
    const drawn = await draw(place, (colours) => forecastFigure(result, this.#prices, this.#form)(colours));
    if (!drawn) return;
    if (this.#result !== result) return this.#result || clear(place);
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", chartWords(result));
    byId("plot").classList.add("covered");
    byId("chart-controls").hidden = false;
  }

  #redraw() {
    if (!this.#result) return;
    const shown = document.querySelector("[role=tab][aria-selected=true]");
    this.#showPanel(shown.getAttribute("aria-controls"));
  }

  #showPanel(panel) {
    const result = this.#result;
    if (!result) return;
    if (panel === "panel-forecast" && !byId("forecast-chart").hidden) this.#drawForecast(result);
    if (panel === "panel-backtest") showBacktest(result);
    if (panel === "panel-compare") this.#comparison.show(result.ticker);
    if (panel === "panel-data") showData(result);
  }

  #showPicture() {
    const result = this.#result;
    try {
      const filename = `${result.ticker}-${result.days}d.png`;
      this.#picture.show(result.plot_png_base64, { alt: chartWords(result), filename });
      byId("plot").classList.remove("covered");
      byId("chart").hidden = false;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      byId("chart").hidden = true;
    }
    byId("chart-missing").hidden = !byId("chart").hidden;
  }

  #showForm(form) {
    this.#form = form;
    for (const button of byId("forms").children) button.setAttribute("aria-pressed", String(button.value === form));
    this.#drawForecast(this.#result);
  }

  #rangeButton(words, months) {
    const button = element("button", words);
    button.type = "button";
    button.className = "chip";
    button.addEventListener("click", () => {
      const [start, end] = this.#range(months);
      zoom(byId("forecast-chart"), start, end);
    });
    return button;
  }

  #range(months) {
    const first = (this.#prices?.prices ?? this.#result.series)[0].date;
    if (!months) return [first, this.#result.target_date];
    const start = new Date(`${this.#result.as_of}T00:00:00Z`);
    start.setUTCMonth(start.getUTCMonth() - months);
    return [start.toISOString().slice(0, 10), this.#result.target_date];
  }

  #toggleWatched() {
    const { ticker } = this.#result;
    if (this.#watchlist.has(ticker)) this.#watchlist.remove(ticker);
    else this.#watchlist.add(this.#result);
    this.#markWatched();
  }

  #markWatched() {
    if (!this.#result) return;
    byId("watch").textContent = `Watch ${this.#result.ticker}`;
    byId("watch").setAttribute("aria-pressed", String(this.#watchlist.has(this.#result.ticker)));
  }
}

function forecastTable({ ticker, currency, forecast }) {
  const rows = forecast.map(({ date, price, lower, upper }) => [
    dateWords(date),
    ...[price, lower, upper].map(priceFigures),
  ]);
  return table(`Forecast of ${ticker} in ${currency}`, ["Date", "Price", "Lower", "Upper"], rows);
}

function showBacktest({ ticker, currency, backtest, interval }) {
  byId("backtest-words").textContent = backtestWords(backtest, interval.level);
  const heads = ["Made on", "For", "Last close", "Forecast", "Interval", "Came", "Off by", "Counts"];
  const rows = backtest.points
    .toReversed()
    .map((point) => [
      dateWords(point.origin),
      dateWords(point.target),
      priceFigures(point.last_close),
      priceFigures(point.price),
      `${priceFigures(point.lower)} – ${priceFigures(point.upper)}`,
      priceFigures(point.actual),
      percentWords((point.price / point.actual - 1) * 100),
      point.scored ? "yes" : "warms up",
    ]);
  byId("backtest-table").replaceChildren(table(`Past forecasts of ${ticker} in ${currency}`, heads, rows));
  drawNamed(
    "backtest-chart",
    `Past forecasts of ${ticker} and what came; the table below has the figures.`,
    backtestFigure(backtest, currency),
  );
}

async function showData({ ticker }) {
  const stored = await dailyPrices(ticker);
  if (!stored) {
    byId("prices-table").replaceChildren(element("p", "The stored prices cannot be read at the moment."));
    return;
  }
  byId("stored-facts").replaceChildren(
    factElement(["Gaps", gapWords(stored.prices)]),
    factElement(["Checks", checkWords(stored)]),
  );
  const rows = stored.prices
    .slice(-LATEST_ROWS)
    .toReversed()
    .map((row) => [
      dateWords(row.date),
      ...["open", "high", "low", "close"].map((name) => figure(row[name])),
      Number.isFinite(row.volume) ? countFigures(row.volume) : "–",
    ]);
  const heads = ["Date", "Open", "High", "Low", "Close", "Volume"];
  const caption = `The latest ${rows.length} days of ${ticker} in ${stored.currency}`;
  byId("prices-table").replaceChildren(table(caption, heads, rows));
}

async function drawNamed(id, words, figureOf) {
  const place = byId(id);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", words);
  place.hidden = !(await draw(place, figureOf));
}

function figure(price) {
  return Number.isFinite(price) ? priceFigures(price) : "–";
}

function factElement([term, words]) {
  const pair = document.createElement("div");
  pair.append(element("dt", term), element("dd", words));
  return pair;
}
