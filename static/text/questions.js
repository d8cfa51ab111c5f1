/** A question as an address and in words. The usual level and model are left out of both. Pure functions. */

import { NO_BREAK, formatLevel } from "./formats.js";

const USUAL_LEVEL = 0.8;
const USUAL_MODEL = "blend";
/** @type {Record<string, string|undefined>} */
const MODELS = { blend: "Blend", last_price: "Last price", prophet: "Prophet" };

/**
 * Return a question without the usual level and model.
 *
 * @param {Question} question
 * @returns {Question}
 */
export function shortQuestion({ ticker, days, level = USUAL_LEVEL, model = USUAL_MODEL }) {
  return { ticker, days, ...(level === USUAL_LEVEL ? {} : { level }), ...(model === USUAL_MODEL ? {} : { model }) };
}

/**
 * Return the question that a result answers.
 *
 * @param {FinishedForecast} result
 * @returns {Question}
 */
export function questionOf({ ticker, days, interval, model }) {
  return shortQuestion({ ticker, days, level: interval.level, model: isModel(model.name) ? model.name : USUAL_MODEL });
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
 * Describe a question in a few characters: "AAPL, 30 d, 95 %, Prophet".
 *
 * @param {Question} question
 */
export function questionName(question) {
  const { ticker, days, level, model } = shortQuestion(question);
  const options = [level ? formatLevel(level) : "", model ? (MODELS[model] ?? "") : ""].filter(Boolean);
  return [ticker, `${days}${NO_BREAK}d`, ...options].join(", ");
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
