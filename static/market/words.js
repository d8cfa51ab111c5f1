/** The words of the market's board. Pure functions. */

import {
  NO_BREAK,
  formatCount,
  formatDayOfYear,
  formatMoney,
  formatPercent,
  formatQuantity,
  formatShortDate,
  withSign,
} from "../text/formats.js";
import { failureText } from "../text/failures.js";
import { isSample } from "./rows.js";
import { STEPS } from "./scales.js";

/** @import { RangeAhead } from "./rows.js" */

const NO_BOARD = "no_market_board";
const SMALL_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const FEW_EXPECTED = 10;
const UNKNOWN = "–";

/** @typedef {Pick<MarketMovers, "as_of"|"sources"|"total">} About */

/**
 * Return the board's title with the day of its newest close.
 *
 * @param {About} about
 */
export function title({ as_of }) {
  return as_of ? `Closes of ${formatShortDate(as_of)}` : "The market";
}

/**
 * Return whose closes these are.
 *
 * @param {About} about
 */
export function introduction(about) {
  const { as_of, total } = about;
  if (as_of && isSample(about)) {
    const these = total === 1 ? "This is the one stock" : `These are the ${SMALL_NUMBERS[total] ?? formatCount(total)} stocks`;
    return `${these} of the bundled sample, up to ${formatShortDate(as_of)}.`;
  }
  return `${formatQuantity(total, "stock")} with stored prices.`;
}

/** What one usual move is. */
export const USUAL_MOVE =
  `1${NO_BREAK}usual move is as large as this stock’s moves from one close to the next usually are, as known before. ` +
  `A move of 3${NO_BREAK}% may be 1${NO_BREAK}usual move of one stock and 3${NO_BREAK}usual moves of another.`;

/** What a volatility percentile is. */
export const PERCENTILE =
  `The percentile of the present volatility among the stock’s own past days: at 95, 95${NO_BREAK}% of them had a lower one.`;

/**
 * Return what a range ahead is, with its day, or the first and the last one.
 *
 * @param {(RangeAhead|null)[]} ranges
 * @param {number} horizon in trading days
 */
export function rangeWords(ranges, horizon) {
  const days = ranges.flatMap((range) => (range ? [range.target] : [])).sort();
  const [first, last] = [days[0], days.at(-1)].map((day) => day && formatShortDate(day));
  const when = first ? ` on ${first === last ? first : `${first} to ${last}`},` : "";
  const holds = `The range holds the close${when} ${formatQuantity(horizon, "trading day")} ahead, with a probability of 80${NO_BREAK}%.`;
  return `${holds} Its width is in percent of the last close.`;
}

/**
 * Return how many stocks closed outside their ranges, and how many would by chance.
 *
 * @param {Pick<MarketMovers, "broken_total"|"expected_broken">} movers
 * @param {string} day of the closes
 */
export function brokenWords({ broken_total: count, expected_broken: expected }, day) {
  const stocks = `${count ? formatQuantity(count, "stock") : "No stock"} closed outside ${count > 1 ? "their ranges" : "its range"}`;
  const usual = expected < FEW_EXPECTED ? Number(expected.toFixed(1)) : formatCount(Math.round(expected));
  const range = `Each range was made the day before, and held the close with a probability of 95${NO_BREAK}%.`;
  return `${stocks} on ${formatShortDate(day)}; about ${usual} would by chance. ${range}`;
}

/**
 * Return a move in usual moves without its unit: "−1.2".
 *
 * @param {number|null} moves signed
 */
export function formatMoves(moves) {
  return moves === null ? UNKNOWN : withSign(moves, (size) => size.toFixed(1));
}

/** @param {number|null|undefined} percentile */
export function formatPercentile(percentile) {
  return typeof percentile === "number" ? percentile.toFixed(0) : UNKNOWN;
}

/** @param {number|null|undefined} percent */
export function formatSize(percent) {
  return typeof percent === "number" ? formatPercent(percent) : UNKNOWN;
}

/**
 * Return a volatility with its period: "34.1 % a year".
 *
 * @param {number|null|undefined} percent
 */
export function formatVolatility(percent) {
  return typeof percent === "number" ? `${formatPercent(percent)} a${NO_BREAK}year` : UNKNOWN;
}

/**
 * Return the bounds of a range: "$390.00 to $470.00".
 *
 * @param {number|null|undefined} lower
 * @param {number|null|undefined} upper
 * @param {string} currency
 */
export function formatBounds(lower, upper, currency) {
  if (typeof lower !== "number" || typeof upper !== "number") return UNKNOWN;
  return `${formatMoney(lower, currency)} to ${formatMoney(upper, currency)}`;
}

/**
 * Return the note on a row whose newest close is not of the board's day: "old: 1 Mar 2013" or "26 Nov"; else "".
 *
 * @param {Pick<MarketRow, "as_of"|"stale">} row
 * @param {{as_of: string|null, sources: string[]}} about
 */
export function dayNote({ as_of: day, stale }, about) {
  if (!day || (day === about.as_of && (!stale || isSample(about)))) return "";
  return stale ? `old: ${formatShortDate(day)}` : formatDayOfYear(day);
}

/**
 * Return how a sector's stocks moved: "412 stocks, 250 rose, 160 fell".
 *
 * @param {{stocks: number, rising: number, falling: number}} sector
 */
export function sectorWords({ stocks, rising, falling }) {
  return `${formatQuantity(stocks, "stock")}, ${formatCount(rising)} rose, ${formatCount(falling)} fell`;
}

/**
 * Return the legend of the tiles: the class and the words of each colour, from falls to rises.
 *
 * @returns {{kind: string, words: string}[]}
 */
export function legend() {
  const rises = STEPS.map((from, at) => ({ kind: `rise-${at + 1}`, from, to: STEPS[at + 1] }));
  const falls = rises.map(({ kind, from, to }) => ({ kind: kind.replace("rise", "fall"), words: bounds("−", from, to) })).reverse();
  return [
    ...falls,
    { kind: "even", words: `−${STEPS[0]} to +${STEPS[0]}` },
    ...rises.map(({ kind, from, to }) => ({ kind, words: bounds("+", from, to) })),
  ];
}

/**
 * @param {string} sign
 * @param {number} from
 * @param {number|undefined} to
 */
function bounds(sign, from, to) {
  return to === undefined ? `${sign}${from} and more` : `${sign}${from} to ${sign}${to}`;
}

/**
 * Return the title of the table of all rows.
 *
 * @param {number} total
 */
export function tableTitle(total) {
  return total === 1 ? "The stock as a table" : `All ${formatQuantity(total, "stock")} as a table`;
}

/**
 * Return how many rows the table shows: "50 of 412 stocks that match, of 8,000".
 *
 * @param {number} shown
 * @param {{matching: number, total: number}} page
 */
export function countWords(shown, { matching, total }) {
  if (matching === 0) return "No stock matches. Remove a filter.";
  if (matching === total) return `${shown < total ? `${formatCount(shown)} of ` : ""}${formatQuantity(total, "stock")}.`;
  const found = matching === 1 ? "1 stock matches" : `${formatQuantity(matching, "stock")} match`;
  return `${found}, of ${formatCount(total)}. ${formatCount(shown)} shown.`;
}

/**
 * Return the words in place of the board.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 * @returns {{words: string, isRetried: boolean}}
 */
export function missingBoard(failure) {
  if (failure.code === NO_BOARD) {
    return { words: failure.detail || "There is no board of the market yet. ./run_app.sh market makes it.", isRetried: false };
  }
  const { title: happened, text } = failureText(failure);
  return { words: ["The board of the market cannot be shown now.", happened, text].filter(Boolean).join(" "), isRetried: true };
}
