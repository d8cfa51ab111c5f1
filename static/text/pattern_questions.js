/** The question of a pattern search: its address, and its problems before it is sent. Pure functions. */

import { formatQuantity } from "./formats.js";

const TAB = "patterns";
export const MOST_PATTERNS = 10;
const MOST_TICKERS = 50;
const [FEWEST_DAYS, MOST_DAYS] = [10, 250];

/**
 * Return the parts of the page's address for a search: each pattern's fields follow its type. The usual values are left
 * out.
 *
 * @param {PatternQuestion} question
 * @returns {[string, string][]}
 */
export function patternAddress({ patterns, tickers, all }) {
  /** @type {[string, unknown][]} */
  const parts = [["tab", TAB]];
  for (const { type, ...fields } of patterns) parts.push(["pattern", type], ...Object.entries(fields));
  parts.push(["in", all ? "all" : (tickers ?? []).join(",")]);
  return parts.flatMap(([name, value]) => (value && value !== "day" ? [[name, String(value)]] : []));
}

/**
 * Return the search that an address asks for; null if it asks for none. The server checks the values.
 *
 * @param {URLSearchParams} address
 * @param {string} ticker
 * @returns {PatternQuestion|null}
 */
export function patternOf(address, ticker) {
  if (address.get("tab") !== TAB) return null;
  const patterns = patternsOf(address).map(searchOf);
  const known = patterns.filter((pattern) => pattern !== null);
  if (!known.length || known.length < patterns.length) return null;
  return { ticker, patterns: known, ...scopeOf(address.get("in") ?? "") };
}

/**
 * Return the patterns without those that are equal to an earlier one.
 *
 * @param {Pattern[]} patterns
 */
export function distinctPatterns(patterns) {
  return [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()];
}

/**
 * Return where to search.
 *
 * @param {string} text "all", tickers, or "" for the stock alone
 * @returns {Pick<PatternQuestion, "tickers"|"all">}
 */
export function scopeOf(text) {
  if (text === "all") return { all: true };
  const tickers = splitTickers(text);
  return tickers.length ? { tickers } : {};
}

/** @param {string} text */
export function splitTickers(text) {
  return [...new Set(text.toUpperCase().split(/[\s,;]+/).filter(Boolean))];
}

/**
 * Return the problem with the further stocks before they are sent, or "".
 *
 * @param {string[]} tickers
 */
export function tickersProblem({ length }) {
  return length >= 1 && length <= MOST_TICKERS ? "" : `Enter 1 to ${MOST_TICKERS} tickers, such as MSFT, IBM.`;
}

/**
 * Return the problem with a threshold before it is sent, or "".
 *
 * @param {number} threshold
 * @param {"percent"|"usual_moves"} unit
 */
export function thresholdProblem(threshold, unit) {
  const [least, most] = unit === "percent" ? [0.5, 90] : [1, 100];
  return threshold >= least && threshold <= most ? "" : `Enter a number from ${least} to ${most}.`;
}

/**
 * Return the problem with a marked stretch before it is sent, or "".
 *
 * @param {string} from the first date, or ""
 * @param {string} to the last date, or ""
 * @param {number} count of the trading days within them
 */
export function stretchProblem(from, to, count) {
  if (!from || !to) return "Mark a stretch on the chart, or enter both dates.";
  if (count >= FEWEST_DAYS && count <= MOST_DAYS) return "";
  return `These dates have ${formatQuantity(count, "trading day")}. Choose ${FEWEST_DAYS} to ${MOST_DAYS}.`;
}

/**
 * Return the part of an address that each pattern has. Each part begins with the pattern's type.
 *
 * @param {URLSearchParams} address
 */
function patternsOf(address) {
  if (address.getAll("pattern").length < 2) return [address];
  /** @type {URLSearchParams[]} */
  const parts = [];
  for (const [name, value] of address) {
    if (name === "pattern") parts.push(new URLSearchParams());
    parts.at(-1)?.append(name, value);
  }
  return parts;
}

/**
 * @param {URLSearchParams} address
 * @returns {Pattern|null}
 */
function searchOf(address) {
  const value = (/** @type {string} */ name) => address.get(name) ?? "";
  const type = value("pattern");
  if (type === "candles") {
    return { type, candles: value("candles"), every: /** @type {"day"|"week"|"month"} */ (value("every") || "day") };
  }
  if (type === "turnaround") {
    const size = value("usual_moves") ? { usual_moves: Number(value("usual_moves")) } : { percent: Number(value("percent")) };
    return { type, turn: value("turn") === "down" ? "down" : "up", ...size };
  }
  if (type === "shape") return { type, start: value("start"), end: value("end"), ...(value("dtw") ? { dtw: true } : {}) };
  return null;
}
