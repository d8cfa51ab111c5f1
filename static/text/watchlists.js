/** The words of the watchlists. Pure functions. */

import { probabilityAbove } from "../charts/distribution.js";
import { formatChance } from "./chances.js";
import { savedProblem } from "./failures.js";
import { NO_BREAK, formatChange, formatLevel, formatMoney, formatNamedPrice, formatQuantity, formatShortDate } from "./formats.js";

/** @type {Record<string, string|undefined>} */
const PROBLEMS = {
  unauthenticated: "Watchlists need an account. Ask the operator of this server for access.",
  not_found: "This list or stock was deleted in another window. The lists here are up to date again.",
};

/** @typedef {Pick<FinishedForecast, "interval"|"target_date"|"currency"|"distribution">} RangeForecast */
/**
 * A figure with a smaller explanation below it.
 *
 * @typedef {{figure: string, detail: string}} Figure
 */

/**
 * Return the words of a failed call about lists.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 */
export function listProblem(failure) {
  return savedProblem(failure, PROBLEMS);
}

/**
 * Return the latest close with its day.
 *
 * @param {WatchedStock["latest"]} latest
 * @returns {Figure}
 */
export function describeClose(latest) {
  if (!latest) return { figure: "", detail: "no prices stored" };
  return { figure: formatMoney(latest.last_close, latest.currency), detail: formatShortDate(latest.last) };
}

/**
 * Return the last daily move in percent, and its size in usual moves: "−2.5 %", "1.2 usual moves".
 *
 * @param {WatchedStock["latest"]} latest
 * @returns {Figure}
 */
export function describeMove(latest) {
  const { change_pct: change = null, usual_moves: moves = null } = latest ?? {};
  return {
    figure: change === null ? "" : formatChange(change),
    detail: moves === null ? "" : `${moves.toFixed(1)}${NO_BREAK}usual${NO_BREAK}moves`,
  };
}

/**
 * Return the range of a forecast, with its level and its day.
 *
 * @param {RangeForecast} forecast
 * @returns {Figure}
 */
export function describeRange({ interval, target_date, currency }) {
  const [lower, upper] = [interval.lower, interval.upper].map((price) => formatMoney(price, currency));
  return { figure: `${lower} to ${upper}`, detail: `${formatLevel(interval.level)}, ${formatShortDate(target_date)}` };
}

/**
 * Return the chance of ending above a price: "31 %", "above $450.00".
 *
 * @param {RangeForecast|null} forecast
 * @param {number|null} price
 * @returns {Figure}
 */
export function describeChance(forecast, price) {
  if (price === null || !forecast?.distribution) return { figure: "", detail: "" };
  const figure = formatChance(probabilityAbove(forecast.distribution.end, price));
  return { figure, detail: `above ${formatNamedPrice(price, forecast.currency)}` };
}

/**
 * Return the question before a list is deleted.
 *
 * @param {WatchlistDetail} list
 */
export function deletionQuestion({ name, stocks }) {
  return `Delete the list “${name}” with ${formatQuantity(stocks.length, "stock")}? Its notes are lost.`;
}

/**
 * Return a CSV of questions that the API can import.
 *
 * @param {Question[]} questions
 */
export function questionsAsCsv(questions) {
  const quote = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const rows = questions.map(({ ticker, days, level = "", model = "" }) => [quote(ticker), days, level, model].join(","));
  return ["ticker,days,level,model", ...rows, ""].join("\n");
}
