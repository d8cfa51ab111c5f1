/** The heat map: for each sector, its middle move and its largest moves as coloured tiles. */

import { element } from "../widgets/elements.js";
import { forecastLink } from "./parts.js";
import { signedMoves } from "./rows.js";
import { tileClass } from "./scales.js";
import { formatMoves, legend, sectorWords } from "./words.js";

/** @import { Context } from "./parts.js" */

/** With the median's, two lines of six tiles. */
const MOST_TILES = 11;

/** Make the legend of the colours. */
export function legendItems() {
  return legend().map(({ kind, words }) => element("li", words, `tile ${kind}`));
}

/**
 * Make the tiles of each sector.
 *
 * @param {MarketMovers["sectors"]} sectors
 * @param {Context} context
 */
export function sectorTiles(sectors, context) {
  return sectors.map((sector) => {
    const made = element("section", "", "sector");
    const list = element("ul", "", "tiles");
    const middle = element("li", "", `tile middle ${tileClass(sector.median_usual_moves)}`);
    middle.append(element("span", "Median", "of"), element("strong", formatMoves(sector.median_usual_moves)));
    list.append(middle, ...largestMoves(sector.rows).map((row) => stockTile(row, context)));
    made.append(element("h4", sector.sector), element("p", sectorWords(sector), "hint"), list);
    return made;
  });
}

/**
 * Return the largest moves, from the highest rise to the deepest fall.
 *
 * @param {MarketRow[]} rows by the size of their moves, the largest first
 */
function largestMoves(rows) {
  return rows.slice(0, MOST_TILES).sort((one, other) => (signedMoves(other) ?? 0) - (signedMoves(one) ?? 0));
}

/**
 * @param {MarketRow} row
 * @param {Context} context
 */
function stockTile(row, { isWatched }) {
  const moves = signedMoves(row);
  const made = element("li", "");
  const link = forecastLink(row.ticker, "", `tile ${tileClass(moves)}`);
  const name = element("span", row.ticker, "of");
  if (isWatched(row.ticker)) name.classList.add("watched");
  link.append(name, " ", element("strong", formatMoves(moves)));
  if (row.name) link.title = row.name;
  made.append(link);
  return made;
}
