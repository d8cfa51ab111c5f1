/** What stands out on the board: the visitor's list, the largest moves, broken ranges, volatility, and the ranges ahead. */

import { formatChange, formatMoney } from "../text/formats.js";
import { element, table } from "../widgets/elements.js";
import { barPicture, barWithFigure, stockName } from "./parts.js";
import { joined, rangeAhead, signedMoves } from "./rows.js";
import { signedBar, sizeBar } from "./scales.js";
import {
  PERCENTILE,
  USUAL_MOVE,
  brokenWords,
  formatBounds,
  formatMoves,
  formatPercentile,
  formatSize,
  formatVolatility,
  rangeWords,
} from "./words.js";

/** @import { Context } from "./parts.js" */

/** The rows of one block. */
export const MOST = 5;
/** From this size on, the largest move fills its half of the bar. */
const LEAST_SCALE = 2;

/**
 * Make the blocks.
 *
 * @param {MarketMovers} movers
 * @param {MarketRow[]} watched the rows of the visitor's list
 * @param {Context} context
 */
export function overviewBlocks(movers, watched, context) {
  const moved = joined(movers.up.slice(0, MOST), movers.down.slice(0, MOST));
  return [
    ...(watched.length ? [movesBlock("Your list", "", watched, context)] : []),
    ...(moved.length ? [movesBlock("What moved", USUAL_MOVE, moved, context)] : []),
    ...(movers.as_of && movers.expected_broken ? [brokenBlock(movers, movers.as_of, context)] : []),
    ...(movers.nervous.length ? [volatilityBlock(movers, context)] : []),
    ...(movers.widest.length ? [rangesBlock(movers, context)] : []),
  ];
}

/**
 * @param {string} heading
 * @param {string} words
 * @param {MarketRow[]} rows
 * @param {Context} context
 */
function movesBlock(heading, words, rows, context) {
  const largest = Math.max(LEAST_SCALE, ...rows.map((row) => row.usual_moves ?? 0));
  const cells = rows.map((row) => {
    const moves = signedMoves(row);
    const picture = barPicture(signedBar(moves ?? 0, largest), (moves ?? 0) < 0 ? "fall" : "rise");
    return [stockName(row, context), barWithFigure(picture, formatMoves(moves)), changeOf(row)];
  });
  return block(heading, words, table(heading, ["Stock", "Usual moves", "Change"], cells));
}

/** @param {MarketRow} row */
function changeOf({ change_pct: change }) {
  return element("small", typeof change === "number" ? formatChange(change) : "");
}

/**
 * @param {MarketMovers} movers
 * @param {string} day
 * @param {Context} context
 */
function brokenBlock(movers, day, context) {
  const heading = "Closed outside their ranges";
  const cells = movers.broken.slice(0, MOST).map((row) => {
    const close = `${formatMoney(row.last_close ?? 0, row.currency ?? "")}, ${row.day_range_broken}`;
    return [stockName(row, context), close, formatBounds(row.day_range_lower, row.day_range_upper, row.currency ?? "")];
  });
  const made = cells.length ? table(heading, ["Stock", "Close", "Range of 95 %"], cells) : null;
  return block(heading, brokenWords(movers, day), made);
}

/**
 * @param {MarketMovers} movers
 * @param {Context} context
 */
function volatilityBlock(movers, context) {
  const heads = ["Stock", "Percentile", "Volatility"];
  const cells = (/** @type {MarketRow} */ row) => {
    const picture = barPicture(sizeBar(row.volatility_percentile ?? 0, 100), "size");
    return [stockName(row, context), barWithFigure(picture, formatPercentile(row.volatility_percentile)), formatVolatility(row.volatility_pct)];
  };
  return pairBlock("Nervous and calm", PERCENTILE, [movers.nervous, movers.calm], ["Nervous", "Calm"], heads, cells);
}

/**
 * @param {MarketMovers} movers
 * @param {Context} context
 */
function rangesBlock(movers, context) {
  const { horizon } = context;
  const shown = [...movers.widest.slice(0, MOST), ...movers.narrowest.slice(0, MOST)];
  const ranges = shown.map((row) => rangeAhead(row, horizon));
  const largest = Math.max(...ranges.map((range) => range?.width ?? 0));
  const cells = (/** @type {MarketRow} */ row) => {
    const range = rangeAhead(row, horizon);
    const picture = barPicture(sizeBar(range?.width ?? 0, largest), "size");
    const bounds = formatBounds(range?.lower, range?.upper, row.currency ?? "");
    return [stockName(row, context), barWithFigure(picture, formatSize(range?.width)), bounds];
  };
  const heads = ["Stock", "Width", "Range of 80 %"];
  return pairBlock("Ranges ahead", rangeWords(ranges, horizon), [movers.widest, movers.narrowest], ["Widest", "Narrowest"], heads, cells);
}

/**
 * Make a block of the highest and the lowest rows: two tables, or one if the rows are few.
 *
 * @param {string} heading
 * @param {string} words
 * @param {[MarketRow[], MarketRow[]]} lists
 * @param {[string, string]} names
 * @param {string[]} heads
 * @param {(row: MarketRow) => (string|Node)[]} cells
 */
function pairBlock(heading, words, [highest, lowest], names, heads, cells) {
  const [high, low] = [highest.slice(0, MOST), lowest.slice(0, MOST)];
  const all = joined(high, low);
  const isOne = all.length < high.length + low.length;
  const lists = isOne ? [all] : [high, low];
  const captions = isOne ? [heading] : names;
  const tables = lists.map((rows, at) => rows.length && table(captions[at] ?? "", heads, rows.map(cells)));
  return block(heading, words, ...tables.map((each) => each || null));
}

/**
 * @param {string} heading
 * @param {string} words
 * @param {...(HTMLTableElement|null)} tables
 */
function block(heading, words, ...tables) {
  const made = element("section", "", "market-block");
  made.append(element("h3", heading));
  if (words) made.append(element("p", words, "hint"));
  for (const each of tables) {
    if (!each) continue;
    // The heading says the same.
    if (each.caption?.textContent === heading) each.caption.className = "visually-hidden";
    made.append(each);
  }
  return made;
}
