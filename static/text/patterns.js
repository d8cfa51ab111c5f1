/** The words of a pattern search, and its question as an address. Pure functions. */

import { NO_BREAK, formatChange, formatCount, formatDate, formatQuantity, formatShare, formatShortDate } from "./formats.js";

export const TAB = "patterns";
const [FEWEST_DAYS, MOST_DAYS] = [10, 250];
const MOST_TICKERS = 50;

/** @type {Record<string, string|undefined>} */
const VERDICTS = {
  better: "higher than on other days",
  worse: "lower than on other days",
  no_difference: "as on any other day",
  too_few: "too few to tell",
};

/**
 * Return the parts of the page's address for a search. The usual values are left out.
 *
 * @param {PatternQuestion} question with one pattern
 * @returns {[string, string][]}
 */
export function patternAddress({ patterns, tickers, all }) {
  const { type, ...fields } = patterns[0] ?? { type: "" };
  const values = Object.entries(fields).filter(([, value]) => value && value !== "day");
  /** @type {[string, unknown][]} */
  const parts = [["tab", TAB], ["pattern", type], ...values, ["in", all ? "all" : (tickers ?? []).join(",")]];
  return parts.flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
}

/**
 * Return the search that an address asks for; null if it asks for none. The server checks the values.
 *
 * @param {URLSearchParams} address
 * @param {string} ticker
 * @returns {PatternQuestion|null}
 */
export function patternOf(address, ticker) {
  const pattern = address.get("tab") === TAB && searchOf(address);
  if (!pattern) return null;
  return { ticker, patterns: [pattern], ...scopeOf(address.get("in") ?? "") };
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

/** @param {{stretch: [string, string], count: number}|null} marked */
export function stretchText(marked) {
  if (!marked) return "Nothing is marked.";
  const [from, to] = marked.stretch;
  return `Marked: ${formatShortDate(from)} to ${formatShortDate(to)}, ${formatQuantity(marked.count, "trading day")}.`;
}

/**
 * Return the place of the mistake that a failure names, counted from 0, or null.
 *
 * @param {string} detail such as "Column 7: …"
 */
export function mistakePlace(detail) {
  const column = /\bcolumn (\d+)\b/i.exec(detail)?.[1];
  return column ? Number(column) - 1 : null;
}

/**
 * Describe what was searched.
 *
 * @param {PatternSearch} search
 */
export function searchedText({ searched, tests }) {
  const { stocks, prices, first, last, not_searched: missing } = searched;
  const tried = tests > 1 ? ` The verdicts allow for the ${tests} comparisons of this search.` : "";
  const unread = missing ? ` ${formatQuantity(missing, "stock")} could not be searched.` : "";
  return (
    `Searched: ${formatQuantity(stocks, "stock")} with ${formatCount(prices)} daily prices, ${formatShortDate(first)} to ` +
    `${formatShortDate(last)}.${unread}${tried}`
  );
}

/** @param {PatternFound} found */
export function foundTitle({ name, sign, total }) {
  const dated = name.replace(/\d{4}-\d\d-\d\d/g, formatShortDate);
  const signed = sign && !name.toLowerCase().includes(sign) ? `${dated} (${sign})` : dated;
  const named = signed.slice(0, 1).toUpperCase() + signed.slice(1);
  return `${named}: ${total === 0 ? "not found" : `found ${formatQuantity(total, "time")}`}`;
}

/** @param {PatternFound} found */
export function hitsTitle({ hits, shape, total }) {
  if (total === 0) return "";
  const kind = shape ? "nearest" : "newest";
  return hits.length < total ? `The ${hits.length} ${kind} of them` : `All of them, ${kind} first`;
}

/** @param {Hit} hit */
export function hitDates({ begin, end, known }) {
  if (begin === end) return formatDate(end);
  const dates = `${formatShortDate(begin)} – ${formatShortDate(end)}`;
  return known === end ? dates : `${dates}, known ${formatShortDate(known)}`;
}

/** @param {Hit} hit */
export function closenessText({ similarity, distance }) {
  if (typeof similarity !== "number") return "";
  const warped = typeof distance === "number" ? `, distance ${distance.toFixed(2)}` : "";
  return `Correlation ${similarity.toFixed(2)}${warped}`;
}

/**
 * Return what followed a hit: pairs of a horizon and a move.
 *
 * @param {Hit} hit
 * @param {number[]} horizons in trading days
 * @returns {[string, string][]}
 */
export function followedPairs({ followed_pct: moves }, horizons) {
  return horizons.map((days, at) => {
    const move = moves[at];
    return [`${days}${NO_BREAK}days`, typeof move === "number" ? formatChange(move) : "not yet known"];
  });
}

/** @param {string} verdict */
export function patternVerdict(verdict) {
  return VERDICTS[verdict] ?? "";
}

/**
 * Format a difference with its interval: "+0.4 % (−0.3 % to +1.1 %)".
 *
 * @param {Followed} followed
 */
export function differenceWithInterval({ difference_pct: difference, lower_pct: lower, upper_pct: upper }) {
  if (typeof difference !== "number") return "–";
  const interval = typeof lower === "number" && typeof upper === "number";
  return interval ? `${formatChange(difference)} (${formatChange(lower)} to ${formatChange(upper)})` : formatChange(difference);
}

/**
 * Describe a distribution for a reader who cannot see its bar.
 *
 * @param {string} name
 * @param {Moves} moves
 * @param {number[]} levels
 */
export function movesText(name, { quantiles_pct: quantiles, chance_of_gain: chance }, levels) {
  const at = (/** @type {number} */ level) => quantiles[nearest(levels, level)] ?? 0;
  return (
    `${name}: half of the moves were between ${formatChange(at(0.25))} and ${formatChange(at(0.75))}, ` +
    `${formatShare(chance)} were gains.`
  );
}

/**
 * Return the place of the level that is closest to one.
 *
 * @param {number[]} levels
 * @param {number} level
 */
export function nearest(levels, level) {
  const distances = levels.map((each) => Math.abs(each - level));
  return distances.indexOf(Math.min(...distances));
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
