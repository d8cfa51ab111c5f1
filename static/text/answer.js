/** The words of an answer: its headline, its key figures and the facts behind it. Pure functions. */

import { hasQuantiles } from "../charts/outcomes.js";
import { formatChance } from "./chances.js";
import {
  formatChange,
  formatDate,
  formatDifference,
  formatLevel,
  formatMoney,
  formatPercent,
  formatQuantity,
  withSign,
} from "./formats.js";

const DAY_MS = 86_400_000;
const BAND_LEVELS = [0.5, 0.8, 0.95];

/**
 * Return the headline in three parts, so that the page can set the price apart.
 *
 * @param {FinishedForecast} result
 */
export function headlineParts({ ticker, target_date, predicted_price, currency, interval }) {
  const { level, lower, upper } = interval;
  return {
    lead: `${ticker} on ${formatDate(target_date)}:`,
    price: formatMoney(predicted_price, currency),
    range: `, ${formatLevel(level)} between ${formatMoney(lower, currency)} and ${formatMoney(upper, currency)}.`,
  };
}

/**
 * Return the headline as one sentence.
 *
 * @param {FinishedForecast} result
 */
export function headline(result) {
  const { lead, price, range } = headlineParts(result);
  return `${lead} ${price}${range}`;
}

/**
 * Return what a reader must know about the prices before using the forecast.
 *
 * @param {FinishedForecast} result
 * @param {Date} now
 */
export function dataNotices({ data }, now) {
  const notices = [];
  if (data.source === "sample") notices.push("These are sample prices (public-domain Quandl WIKI data). The forecast is an example, not about today’s market.");
  if (data.stale) {
    const days = Math.floor((now.getTime() - Date.parse(`${data.last}T00:00:00Z`)) / DAY_MS);
    notices.push(`The prices end on ${formatDate(data.last)}. They are ${formatQuantity(days, "day")} old.`);
  }
  return [...notices, ...data.flags];
}

/**
 * Return the figures that a reader compares first: each a term, its value and a remark.
 *
 * @param {FinishedForecast} result
 * @returns {[string, string, string][]}
 */
export function keyFigures(result) {
  const { last_close, as_of, predicted_price, currency, interval, backtest } = result;
  /** @param {number} price */
  const change = (price) => formatChange((price / last_close - 1) * 100);
  /** @type {[string, string, string][]} */
  const figures = [
    ["Last close", formatMoney(last_close, currency), formatDate(as_of)],
    ["Forecast change", change(predicted_price), formatPriceChange(result)],
    [`${formatLevel(interval.level)} interval`, `${change(interval.lower)} to ${change(interval.upper)}`, "from the last close"],
  ];
  if (result.chances) {
    figures.push(["Chance of a gain", formatChance(result.chances.above_last_close), "of ending above the last close"]);
  }
  if (backtest) {
    const lastPrice = `the last price: ${formatPercent(backtest.naive_mae_pct)}`;
    figures.push(["Off by, on average", formatPercent(backtest.mae_pct), lastPrice]);
  }
  return figures;
}

/**
 * Return the facts behind the answer: each a term and its words.
 *
 * @param {FinishedForecast} result
 * @returns {[string, string][]}
 */
export function answerFacts(result) {
  return [
    ["Target date", describeTarget(result)],
    ["Prices", describeSource(result.data)],
    ["Age", describeAge(result.data)],
    ["Model", `${result.model.name}, engine ${result.model.version}`],
  ];
}

/**
 * Return the text that replaces the chart for a reader who cannot see it.
 *
 * @param {FinishedForecast} result
 */
export function chartDescription(result) {
  const { level, lower, upper } = result.interval;
  return (
    `Chart of ${result.ticker}: closes up to ${formatDate(result.as_of)}, then where the price may end by ` +
    `${formatDate(result.target_date)}: ${formatMoney(result.predicted_price, result.currency)} in the middle, with its ` +
    `${formatLevel(level)} interval from ${formatMoney(lower, result.currency)} to ${formatMoney(upper, result.currency)}.`
  );
}

/**
 * Return the title of a saved view.
 *
 * @param {FinishedForecast} result
 */
export function viewTitle({ ticker, target_date, as_of, model, data: { source, source_name: name = source } }) {
  return `${ticker}: where it may end on ${formatDate(target_date)}. Last close ${formatDate(as_of)}, source ${name}, model ${model.name}.`;
}

/**
 * Return what the chart's bands mean.
 *
 * @param {FinishedForecast} result
 */
export function chartKey(result) {
  const { level } = result.interval;
  if (!hasQuantiles(result)) return `The band is the ${formatLevel(level)} interval.`;
  const [inner, middle, outer] = BAND_LEVELS.map(formatLevel);
  const own = BAND_LEVELS.includes(level) ? "" : ` The headline states the ${formatLevel(level)} interval.`;
  return (
    `The price may be inside the bands with a probability of ${inner} (innermost), ${middle} and ${outer} (outermost). ` +
    `The line is the median: above it is as likely as below.${own}`
  );
}

/** @param {FinishedForecast} result */
function formatPriceChange({ predicted_price, last_close, currency }) {
  const change = withSign(predicted_price - last_close, (size) => formatDifference(size, last_close, currency));
  return /[1-9]/.test(change) ? `${change} by the target date` : "no change";
}

/** @param {FinishedForecast} result */
function describeTarget({ target_date, days, counted_from, as_of }) {
  const start = counted_from === as_of ? ", the day of the last close" : "";
  return (
    `${formatDate(target_date)}: the first trading day on or after ${formatQuantity(days, "calendar day")} ` +
    `from ${formatDate(counted_from)}${start}`
  );
}

/** @param {DataUsed} data */
function describeSource({ source, source_name: name = source, rows, first, last, fetched_at }) {
  const fetched = source === "sample" ? "" : `, fetched on ${formatDate(fetched_at.slice(0, 10))}`;
  const subject = name.charAt(0).toUpperCase() + name.slice(1);
  return `${subject}: ${formatQuantity(rows, "close")} from ${formatDate(first)} to ${formatDate(last)}${fetched}`;
}

/** @param {DataUsed} data */
function describeAge({ last, fetched_at, stale }) {
  const age = stale ? ", more than a week ago" : "";
  return `The last close is of ${formatDate(last)}${age}. It was stored on ${formatDate(fetched_at.slice(0, 10))}.`;
}
