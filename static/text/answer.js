/** The words of an answer: its headline, its key figures and the facts behind it. Pure functions. */

import { hasQuantiles } from "../charts/outcomes.js";
import { formatChance } from "./chances.js";
import { marksWords } from "./events.js";
import { fieldOf, naiveOf, nounOf, subjectOf } from "./fields.js";
import {
  formatAmount,
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
export function headlineParts(result) {
  const { target_date, predicted_price, currency, interval } = result;
  const { level, lower, upper } = interval;
  const least = (fieldOf(result) === "volume" ? formatAmount : formatMoney)(lower, currency);
  return {
    lead: `${subjectOf(result)} on ${formatDate(target_date)}:`,
    price: formatMoney(predicted_price, currency),
    range: `, ${formatLevel(level)} between ${least} and ${formatMoney(upper, currency)}.`,
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
export function dataNotices({ data, report_note: note }, now) {
  const notices = [];
  if (data.source === "sample") notices.push("These are sample prices (public-domain Quandl WIKI data). The forecast is an example, not about today’s market.");
  if (data.stale) {
    const days = Math.floor((now.getTime() - Date.parse(`${data.last}T00:00:00Z`)) / DAY_MS);
    notices.push(`The prices end on ${formatDate(data.last)}. They are ${formatQuantity(days, "day")} old.`);
  }
  return [...notices, ...data.flags, ...(note ? [note] : [])];
}

/**
 * Return the figures that a reader compares first: each a term, its value and a remark.
 *
 * @param {FinishedForecast} result
 * @returns {[string, string, string][]}
 */
export function keyFigures(result) {
  const { last_close, as_of, predicted_price, currency, interval, backtest, yardstick } = result;
  const field = fieldOf(result);
  const usual = field === "volume" && yardstick ? yardstick : null;
  const [base, from] = usual ? [usual, "from the usual volume"] : [last_close, `from the last ${field}`];
  /** @param {number} price */
  const change = (price) => formatChange((price / base - 1) * 100);
  /** @type {[string, string, string][]} */
  const figures = [
    [`Last ${field}`, formatMoney(last_close, currency), formatDate(as_of)],
    ["Forecast change", change(predicted_price), usual ? from : formatPriceChange(result)],
    [`${formatLevel(interval.level)} interval`, `${change(interval.lower)} to ${change(interval.upper)}`, from],
  ];
  if (usual) figures.splice(1, 0, ["Usual volume", formatMoney(usual, currency), "the median of 8 such weekdays"]);
  if (result.chances) {
    const [term, above] = field === "close" ? ["gain", "ending above the last close"] : ["rise", `a ${field} above the last one`];
    figures.push([`Chance of a ${term}`, formatChance(result.chances.above_last_close), `of ${above}`]);
  }
  if (backtest) {
    const lastPrice = `the ${naiveOf(field)}: ${formatPercent(backtest.naive_mae_pct)}`;
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
    ["Prices", describeSource(result.data, fieldOf(result))],
    ["Age", describeAge(result.data, fieldOf(result))],
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
  const field = fieldOf(result);
  const outlook = field === "close" ? "where the price may end by" : `where the ${field} may be by`;
  const drawn =
    `Chart of ${subjectOf(result)}: ${pluralOf(field)} up to ${formatDate(result.as_of)}, then ${outlook} ` +
    `${formatDate(result.target_date)}: ${formatMoney(result.predicted_price, result.currency)} in the middle, with its ` +
    `${formatLevel(level)} interval from ${formatMoney(lower, result.currency)} to ${formatMoney(upper, result.currency)}.`;
  return `${drawn} ${marksWords(result)}`.trim();
}

/**
 * Return the title of a saved view.
 *
 * @param {FinishedForecast} result
 */
export function viewTitle(result) {
  const { target_date, as_of, model, data } = result;
  const { source, source_name: name = source } = data;
  const field = fieldOf(result);
  const where = field === "close" ? "where it may end" : "where it may be";
  return `${subjectOf(result)}: ${where} on ${formatDate(target_date)}. Last ${field} ${formatDate(as_of)}, source ${name}, model ${model.name}.`;
}

/**
 * Return what the chart's bands mean.
 *
 * @param {FinishedForecast} result
 */
export function chartKey(result) {
  const { level } = result.interval;
  if (!hasQuantiles(result)) return `The band is the ${formatLevel(level)} interval. ${marksWords(result)}`.trim();
  const [inner, middle, outer] = BAND_LEVELS.map(formatLevel);
  const own = BAND_LEVELS.includes(level) ? "" : ` The headline states the ${formatLevel(level)} interval.`;
  const field = fieldOf(result);
  const dots = field === "volume" ? " Each of the 20 dots is an equally likely volume on the target date." : "";
  return (
    `The ${nounOf(field)} may be inside the bands with a probability of ${inner} (innermost), ${middle} and ${outer} (outermost). ` +
    `The line is the median: above it is as likely as below.${dots}${own} ${marksWords(result)}`
  ).trim();
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

/** @param {import("./fields.js").StockField} field */
function pluralOf(field) {
  return `${field}s`;
}

/**
 * @param {DataUsed} data
 * @param {string} field
 */
function describeSource({ source, source_name: name = source, rows, first, last, fetched_at }, field) {
  const fetched = source === "sample" ? "" : `, fetched on ${formatDate(fetched_at.slice(0, 10))}`;
  const subject = name.charAt(0).toUpperCase() + name.slice(1);
  return `${subject}: ${formatQuantity(rows, field)} from ${formatDate(first)} to ${formatDate(last)}${fetched}`;
}

/**
 * @param {DataUsed} data
 * @param {string} field
 */
function describeAge({ last, fetched_at, stale }, field) {
  const age = stale ? ", more than a week ago" : "";
  return `The last ${field} is of ${formatDate(last)}${age}. It was stored on ${formatDate(fetched_at.slice(0, 10))}.`;
}
