/** The words of a pattern search and its result. Pure functions. */

import { NO_BREAK, formatChange, formatCount, formatDate, formatQuantity, formatShare, formatShortDate } from "./formats.js";
import { MOST_PATTERNS } from "./pattern_questions.js";

/** @type {Record<string, string|undefined>} */
const VERDICTS = {
  better: "higher than on other days",
  worse: "lower than on other days",
  no_difference: "as on any other day",
  too_few: "too few to tell",
};

/**
 * Describe a pattern of a search in a few words.
 *
 * @param {Pattern} pattern
 */
export function patternName(pattern) {
  if (pattern.type === "candles") return `${pattern.candles}, each candle a ${pattern.every ?? "day"}`;
  if (pattern.type === "turnaround") {
    const { turn, percent, usual_moves: moves } = pattern;
    return `turn ${turn} by ${moves ? `${moves} usual daily moves` : `${percent}${NO_BREAK}%`}`;
  }
  const dates = `shape of ${formatShortDate(pattern.start ?? "")} to ${formatShortDate(pattern.end ?? "")}`;
  return pattern.dtw ? `${dates}, stretches in time allowed` : dates;
}

/**
 * Describe the list of a search that has several patterns.
 *
 * @param {number} count of the patterns in the list
 */
export function listText(count) {
  const most = count + 1 < MOST_PATTERNS ? `, ${MOST_PATTERNS} at most` : ", which are as many as a search takes";
  return `The search has these patterns and the one above${most}. Its verdicts allow for their number.`;
}

/** @param {{stretch: [string, string], count: number}|null} marked */
export function stretchText(marked) {
  if (!marked) return "Nothing is marked.";
  const [from, to] = marked.stretch;
  return `Marked: ${formatShortDate(from)} to ${formatShortDate(to)}, ${formatQuantity(marked.count, "trading day")}.`;
}

/**
 * Return which pattern of a search a failure is about, counted from 0, and its sentence without that number.
 *
 * @param {string} detail such as "Item 2: Column 7: …"; the first pattern has no number
 * @returns {{at: number, problem: string}}
 */
export function problemOf(detail) {
  const found = /^Item (\d+): /.exec(detail);
  return found ? { at: Number(found[1]) - 1, problem: detail.slice(found[0].length) } : { at: 0, problem: detail };
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
export function foundTitle(found) {
  const { total } = found;
  return `${foundName(found)}: ${total === 0 ? "not found" : `found ${formatQuantity(total, "time")}`}`;
}

/** @param {PatternFound} found */
export function foundName({ name, sign }) {
  const dated = name.replace(/\d{4}-\d\d-\d\d/g, formatShortDate);
  const signed = sign && !name.toLowerCase().includes(sign) ? `${dated} (${sign})` : dated;
  return signed.slice(0, 1).toUpperCase() + signed.slice(1);
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
