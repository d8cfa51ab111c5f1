/** The panel of a day: its bars as a chart and a table, with their source and their time zone. */

import { barIntervals, barsCsvUrl, newestBars } from "../api/bars.js";
import { ApiError } from "../api/exchange.js";
import { dayFigure } from "../charts/day_figure.js";
import { clear, draw } from "../charts/plotly.js";
import { dayDescription, dayTitle, daysOfBars, describeDay, describeSource, intervalName } from "../text/day.js";
import { currencyName, formatCount, formatDate, formatPrice } from "../text/formats.js";
import { byId, element, onPress, pressOnly, table } from "../widgets/elements.js";

/** @import { Day } from "../text/day.js" */
/** @import { Shown } from "../page/late_panel.js" */

const DAYS_SHOWN = 5;
const HEADS = ["Start", "Open", "High", "Low", "Close", "Volume"];
const MISSING = "–";

export class DayPanel {
  #chart = byId("day-chart");
  /** @type {FinishedForecast|null} */
  #result = null;
  /** @type {StoredInterval[]} */
  #intervals = [];
  /** @type {StoredInterval|null} */
  #stored = null;
  /** @type {Day[]} */
  #days = [];
  #date = "";

  constructor() {
    onPress(byId("day-days"), (date) => this.#showDay(date));
    onPress(byId("day-intervals"), (interval) => this.#load(interval));
  }

  /** @param {Shown} shown */
  async show({ result }) {
    if (this.#result === result && this.#days.length) {
      this.#draw();
      return;
    }
    this.clear();
    this.#result = result;
    try {
      const intervals = await barIntervals(result.ticker);
      if (this.#result !== result) return;
      this.#intervals = intervals;
      const names = intervals.map(({ interval }) => interval);
      byId("day-intervals").replaceChildren(...(names.length > 1 ? names.map((name) => chip(name, intervalName(name))) : []));
      if (names[0]) await this.#load(names[0]);
      else this.#showNothing(`No prices of ${result.ticker} within the day are stored.`);
    } catch (error) {
      this.#showFailure(result, error);
    }
  }

  clear() {
    this.#result = this.#stored = null;
    this.#days = [];
    this.#showNothing("");
  }

  /** @param {string} interval */
  async #load(interval) {
    const [result, stored] = [this.#result, this.#intervals.find((each) => each.interval === interval)];
    if (!result || !stored) return;
    try {
      const days = daysOfBars((await newestBars(stored)).prices);
      if (this.#result !== result) return;
      this.#stored = stored;
      this.#days = days;
    } catch (error) {
      this.#showFailure(result, error);
      return;
    }
    pressOnly(byId("day-intervals"), interval);
    byId("day-csv", HTMLAnchorElement).href = barsCsvUrl(stored);
    const shown = this.#days.slice(-DAYS_SHOWN).map(({ date }) => date);
    byId("day-days").replaceChildren(...shown.map((date) => chip(date, formatDate(date).slice(0, -5))));
    this.#showDay(shown.includes(this.#date) ? this.#date : (shown.at(-1) ?? ""));
  }

  /** @param {string} date */
  #showDay(date) {
    this.#date = date;
    const { day, before } = this.#shownDays();
    if (!day || !this.#stored) return;
    const { ticker, currency } = this.#stored;
    pressOnly(byId("day-days"), date);
    byId("day-title").textContent = dayTitle(ticker, date);
    byId("day-words").textContent = describeDay(day, before, currency);
    byId("day-source").textContent = describeSource(day, this.#stored);
    byId("day-table").replaceChildren(barTable(ticker, day, currency));
    byId("day-rows").hidden = false;
    this.#draw();
  }

  #draw() {
    const { day, before } = this.#shownDays();
    const stored = this.#stored;
    if (!day || !stored) return;
    const isShown = () => this.#stored === stored && this.#date === day.date;
    const figure = dayFigure(day, before, stored.currency);
    draw(this.#chart, dayDescription(stored.ticker, day, before, stored.currency), (theme) => isShown() && figure(theme));
  }

  #shownDays() {
    const at = this.#days.findIndex(({ date }) => date === this.#date);
    return { day: this.#days[at], before: this.#days[at - 1] };
  }

  /**
   * @param {FinishedForecast} result
   * @param {unknown} error
   */
  #showFailure(result, error) {
    if (!(error instanceof ApiError)) throw error;
    if (this.#result !== result) return;
    this.#days = [];
    this.#showNothing("The prices within the day could not be loaded. Open this tab again to retry.");
  }

  /** @param {string} words */
  #showNothing(words) {
    for (const id of ["day-title", "day-source"]) byId(id).textContent = "";
    for (const id of ["day-days", "day-table"]) byId(id).replaceChildren();
    byId("day-words").textContent = words;
    byId("day-rows").hidden = true;
    clear(this.#chart);
  }
}

/**
 * @param {string} value
 * @param {string} text
 */
function chip(value, text) {
  const made = element("button", text, "chip");
  made.type = "button";
  made.value = value;
  return made;
}

/**
 * @param {string} ticker
 * @param {Day} day
 * @param {string} currency
 */
function barTable(ticker, { date, bars }, currency) {
  const rows = bars.map(({ time, open, high, low, close, volume }) => {
    const prices = [open, high, low, close].map(formatPrice);
    return [time, ...prices, volume === null ? MISSING : formatCount(volume)];
  });
  return table(`${ticker} on ${formatDate(date)} in ${currencyName(currency)}`, HEADS, rows);
}
