/** The columns of the board's table: their heads, how the API sorts by them, and their cells. */

import { formatChange, formatMoney, formatQuantity, formatShare, formatShortDate } from "../text/formats.js";
import { element } from "../widgets/elements.js";
import { stockName } from "./parts.js";
import { rangeAhead, signedMoves } from "./rows.js";
import { tileClass } from "./scales.js";
import { formatBounds, formatMoves, formatPercentile, formatSize, formatVolatility } from "./words.js";

/** @import { Context } from "./parts.js" */

/**
 * A column. `sort` is its name in the API, `isDescending` its usual direction: texts are sorted from A first.
 *
 * @typedef {object} Column
 * @property {string} head
 * @property {string} sort
 * @property {boolean} isDescending
 * @property {(row: MarketRow) => (string|Node)[]} cells the content of its cell
 */

/**
 * Return the columns.
 *
 * @param {Context} context
 * @param {{hasSectors: boolean, hasRecords: boolean}} board whether any stock has a sector, and a track record
 * @returns {Column[]}
 */
export function columnsOf(context, { hasSectors, hasRecords }) {
  const { horizon } = context;
  const range = (/** @type {MarketRow} */ row) => rangeAhead(row, horizon);
  return [
    { head: "Stock", sort: "ticker", isDescending: false, cells: (row) => [stockName(row, context)] },
    ...(hasSectors ? [{ head: "Sector", sort: "sector", isDescending: false, cells: sectorCell }] : []),
    { head: "Last close", sort: "last_close", isDescending: true, cells: closeCell },
    { head: "Change", sort: "change_pct", isDescending: true, cells: (row) => [change(row)] },
    { head: "Usual moves", sort: "abs(usual_moves)", isDescending: true, cells: movesCell },
    { head: "Volatility percentile", sort: "volatility_percentile", isDescending: true, cells: volatilityCell },
    {
      head: `Range of 80 % in ${formatQuantity(horizon, "trading day")}`,
      sort: `range_pct_${horizon}d`,
      isDescending: true,
      cells: (row) => rangeCell(row, range(row)),
    },
    {
      head: "Chance of a rise",
      sort: `chance_up_${horizon}d`,
      isDescending: true,
      cells: (row) => [shareOf(range(row)?.up ?? null)],
    },
    ...(hasRecords
      ? [{ head: "Track record", sort: "record_coverage_80", isDescending: true, cells: recordCell }]
      : []),
  ];
}

/** @param {MarketRow} row */
function sectorCell({ sector }) {
  return [sector ?? ""];
}

/** @param {MarketRow} row */
function closeCell({ last_close: close, currency, as_of: day }) {
  if (typeof close !== "number") return [""];
  return [formatMoney(close, currency ?? ""), small(day ? formatShortDate(day) : "")];
}

/** @param {MarketRow} row */
function change({ change_pct: percent }) {
  return typeof percent === "number" ? formatChange(percent) : "";
}

/** @param {MarketRow} row */
function movesCell(row) {
  const moves = signedMoves(row);
  if (moves === null) return [""];
  const broken = row.day_range_broken ? `${row.day_range_broken} its range` : "";
  return [element("span", formatMoves(moves), `tile ${tileClass(moves)}`), small(broken)];
}

/** @param {MarketRow} row */
function volatilityCell({ volatility_percentile: percentile, volatility_pct: percent }) {
  if (typeof percentile !== "number") return [""];
  return [formatPercentile(percentile), small(formatVolatility(percent))];
}

/**
 * @param {MarketRow} row
 * @param {ReturnType<typeof rangeAhead>} range
 */
function rangeCell({ currency }, range) {
  if (!range) return [""];
  const bounds = formatBounds(range.lower, range.upper, currency ?? "");
  return [formatSize(range.width), small(bounds), small(formatShortDate(range.target))];
}

/** @param {MarketRow} row */
function recordCell({ record_forecasts: count, record_coverage_80: inside }) {
  if (typeof count !== "number") return [small("none yet")];
  const forecasts = formatQuantity(count, "forecast");
  return inside === null ? [small(forecasts)] : [`${shareOf(inside)} in range`, small(forecasts)];
}

/** @param {number|null} share */
function shareOf(share) {
  return share === null ? "" : formatShare(Math.round(share * 100) / 100);
}

/** @param {string} text */
function small(text) {
  return element("small", text);
}
