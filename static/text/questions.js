/** A question as an address and in words. The usual options are left out of both. Pure functions. */

import { FIELDS, fieldOf } from "./fields.js";
import { NO_BREAK, formatLevel, formatQuantity } from "./formats.js";

const USUAL_LEVEL = 0.8;
const USUAL_MODEL = "blend";
const DAYS_A_YEAR = 365.25;
/** @type {Record<string, string|undefined>} */
const MODELS = { blend: "Blend", last_price: "Last price", prophet: "Prophet" };

/**
 * Return a question without the usual level, model, field and length of the past.
 *
 * @param {Question} question
 * @returns {Question}
 */
export function shortQuestion({ ticker, days, level = USUAL_LEVEL, model = USUAL_MODEL, field = "close", history_days }) {
  return {
    ticker,
    days,
    ...(level === USUAL_LEVEL ? {} : { level }),
    ...(model === USUAL_MODEL ? {} : { model }),
    ...(field === "close" ? {} : { field }),
    ...(history_days ? { history_days } : {}),
  };
}

/**
 * Return the question that a result answers.
 *
 * @param {FinishedForecast} result
 * @returns {Question}
 */
export function questionOf(result) {
  const { ticker, days, interval, model, history_days } = result;
  const name = isModel(model.name) ? model.name : USUAL_MODEL;
  return shortQuestion({ ticker, days, level: interval.level, model: name, field: fieldOf(result), history_days });
}

/**
 * Return the query of the page's address for a question.
 *
 * @param {Question} question
 */
export function questionQuery(question) {
  const parts = Object.entries(shortQuestion(question)).map(([name, value]) => [name, String(value)]);
  return new URLSearchParams(parts);
}

/**
 * Describe a question in a few characters: "AAPL, 30 d, 95 %, Prophet", or "AAPL volume, 30 d, past 500 d".
 *
 * @param {Question} question
 */
export function questionName(question) {
  const { ticker, days, level, model, field, history_days } = shortQuestion(question);
  const past = history_days ? `past ${history_days}${NO_BREAK}d` : "";
  const options = [level ? formatLevel(level) : "", model ? (MODELS[model] ?? "") : "", past].filter(Boolean);
  return [field ? `${ticker} ${FIELDS[field].toLowerCase()}` : ticker, `${days}${NO_BREAK}d`, ...options].join(", ");
}

/**
 * Describe a length of the past: 731 days as "2 years", 500 days as "500 days".
 *
 * @param {number} days
 */
export function pastName(days) {
  const years = Math.round(days / DAYS_A_YEAR);
  return Math.abs(days - years * DAYS_A_YEAR) < 2 ? formatQuantity(years, "year") : formatQuantity(days, "day");
}

/**
 * Return the number of days that a text names, or null if it is no whole number within the limits.
 *
 * @param {string} text such as "500"
 * @param {{min: number, max: number}} limits
 */
export function pastOf(text, { min, max }) {
  const days = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return days >= min && days <= max ? days : null;
}

/**
 * Return the level that a text names, or null if it is not a number within the limits.
 *
 * @param {string} text such as "0.85"
 * @param {{min: number, max: number}} limits
 */
export function levelOf(text, { min, max }) {
  const level = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  return level >= min && level <= max ? level : null;
}

/**
 * Return whether two questions have the same answer.
 *
 * @param {Question} one
 * @param {Question} other
 */
export function isSameQuestion(one, other) {
  return String(questionQuery(one)) === String(questionQuery(other));
}

/**
 * Return whether anything is a model's name.
 *
 * @param {unknown} name
 * @returns {name is "blend"|"last_price"|"prophet"}
 */
export function isModel(name) {
  return typeof name === "string" && Object.hasOwn(MODELS, name);
}
