/** What a row of the board means: its move, its horizon and its range. Pure functions. */


/** Ranges are shown about a month ahead, as the usual question of the form is. */
const MONTH = 21;
const SAMPLE = "sample";

/**
 * Return the horizon whose ranges are shown: the shortest from 21 trading days on, else the longest.
 *
 * @param {number[]} horizons in trading days
 */
export function shownHorizon(horizons) {
  const sorted = [...horizons].sort((one, other) => one - other);
  return sorted.find((horizon) => horizon >= MONTH) ?? sorted.at(-1) ?? MONTH;
}

/**
 * Return the last move in usual moves, negative for a fall. The board has its size.
 *
 * @param {Pick<MarketRow, "usual_moves"|"change_pct">} row
 * @returns {number|null}
 */
export function signedMoves({ usual_moves: size, change_pct: change }) {
  if (typeof size !== "number" || typeof change !== "number") return null;
  return change < 0 ? -Math.abs(size) : Math.abs(size);
}

/**
 * The range of 80 % for a day ahead, in prices.
 *
 * @typedef {{lower: number, upper: number, width: number, target: string, up: number|null}} RangeAhead
 */

/**
 * Return the range ahead of a row, or null.
 *
 * @param {MarketRow} row
 * @param {number} horizon in trading days
 * @returns {RangeAhead|null}
 */
export function rangeAhead(row, horizon) {
  const [lower, upper, width, target, up] = ["lower", "upper", "range_pct", "target", "chance_up"].map(
    (name) => row[`${name}_${horizon}d`] ?? null,
  );
  return lower === null || upper === null || width === null || target === null ? null : { lower, upper, width, target, up };
}

/**
 * Return whether all rows are of the bundled sample.
 *
 * @param {{sources: string[]}} board
 */
export function isSample({ sources }) {
  return sources.length === 1 && sources[0] === SAMPLE;
}

/**
 * Return two lists as one without the rows of the first in the second: the highest and the lowest of few stocks are the
 * same ones.
 *
 * @param {MarketRow[]} highest
 * @param {MarketRow[]} lowest lowest first
 */
export function joined(highest, lowest) {
  const tickers = highest.map(({ ticker }) => ticker);
  return [...highest, ...lowest.filter(({ ticker }) => !tickers.includes(ticker)).reverse()];
}
