/** The recent questions, the chosen watchlist and the channel of notifications, in this browser's storage. If that is unavailable, there are none. */

import { isField } from "../text/fields.js";
import { isModel, isSameQuestion, shortQuestion } from "../text/questions.js";

const MOST_RECENT = 6;

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
 * Return the stocks that an earlier version of the page stored here, in the order in which they were added.
 *
 * @returns {Question[]}
 */
export function storedStocks() {
  return read("watched").filter(isQuestion);
}

/**
 * Remove stocks that the server has now. One that another tab stored in the meantime stays.
 *
 * @param {string[]} tickers
 */
export function removeStoredStocks(tickers) {
  const left = storedStocks().filter(({ ticker }) => !tickers.includes(ticker));
  if (left.length) write("watched", left);
  else remove("watched");
}

/** Return the id of the list that was chosen last in this browser, or null. */
export function chosenList() {
  const [id] = read("list");
  return typeof id === "string" ? id : null;
}

/** @param {string} id */
export function rememberList(id) {
  write("list", [id]);
}

/** Return the name of the store of the last answers. Pages at other paths of this host have their own. */
export function keptAnswersName() {
  return `stockcast-answers ${new URL(".", location.href).pathname}`;
}

/** Remove the last answers: whoever uses the page next may be another person. */
export async function forgetAnswers() {
  await globalThis.caches?.delete(keptAnswersName()).catch(() => false);
}

/** Return the id of the channel of notifications to this browser, or null. */
export function browserChannel() {
  const [id] = read("channel");
  return typeof id === "string" ? id : null;
}

/** @param {string} id */
export function rememberBrowserChannel(id) {
  write("channel", [id]);
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
  const { ticker, days, level = 0.8, model = "blend", field = "close", history_days = 60 } = entry ?? {};
  const isPlain = typeof ticker === "string" && [days, history_days].every(Number.isInteger) && Number.isFinite(level);
  return isPlain && isModel(model) && isField(field);
}

/**
 * @param {string} name
 * @param {unknown[]} list
 */
function write(name, list) {
  try {
    localStorage.setItem(`stockcast.${name}`, JSON.stringify(list));
  } catch {
    // Private windows refuse, and so does a full store. The page works without it.
  }
}

/** @param {string} name */
function remove(name) {
  try {
    localStorage.removeItem(`stockcast.${name}`);
  } catch {
    // Private windows refuse.
  }
}
