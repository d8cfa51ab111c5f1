/** The recent questions and watched stocks, in this browser's storage. If that is unavailable, the lists are empty. */

import { isModel, isSameQuestion, shortQuestion } from "../text/questions.js";

const MOST_RECENT = 6;

/**
 * A watched stock with its latest forecast. Entries of older pages have no `asOf`.
 *
 * @typedef {Question & {price: number, currency: string, target: string, asOf?: string}} WatchedStock
 */

/**
 * Return the recent questions, newest first.
 *
 * @returns {Question[]}
 */
export function recentQuestions() {
  return read("recent").filter(isQuestion);
}

/**
 * Put a question first in the list of recent ones.
 *
 * @param {Question} question
 */
export function rememberQuestion(question) {
  const others = recentQuestions().filter((other) => !isSameQuestion(other, question));
  write("recent", [shortQuestion(question), ...others].slice(0, MOST_RECENT));
}

/**
 * Return the watched stocks in the order in which they were added.
 *
 * @returns {WatchedStock[]}
 */
export function watchedStocks() {
  return read("watched").filter(isWatchedStock);
}

/**
 * Add a stock, or replace its forecast.
 *
 * @param {WatchedStock} stock
 */
export function saveWatched(stock) {
  const stocks = watchedStocks();
  const at = stocks.findIndex(({ ticker }) => ticker === stock.ticker);
  write("watched", at < 0 ? [...stocks, stock] : stocks.with(at, stock));
}

/**
 * Remove a stock.
 *
 * @param {string} ticker
 */
export function removeWatched(ticker) {
  write(
    "watched",
    watchedStocks().filter((stock) => stock.ticker !== ticker),
  );
}

/**
 * @param {string} name
 * @returns {unknown[]}
 */
function read(name) {
  try {
    const stored = JSON.parse(localStorage.getItem(`stockcast.${name}`) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

/**
 * Another version of the page may have stored anything.
 *
 * @param {any} entry
 * @returns {entry is Question}
 */
function isQuestion(entry) {
  const { ticker, days, level = 0.8, model = "blend" } = entry ?? {};
  return typeof ticker === "string" && Number.isInteger(days) && Number.isFinite(level) && isModel(model);
}

/**
 * @param {any} entry
 * @returns {entry is WatchedStock}
 */
function isWatchedStock(entry) {
  const hasForecast =
    Number.isFinite(entry?.price) && [entry.currency, entry.target].every((text) => typeof text === "string");
  return hasForecast && isQuestion(entry);
}

/**
 * @param {string} name
 * @param {object[]} list
 */
function write(name, list) {
  try {
    localStorage.setItem(`stockcast.${name}`, JSON.stringify(list));
  } catch {
    // Private windows refuse, and so does a full store. The page works without it.
  }
}
