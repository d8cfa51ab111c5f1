/** Small parts of the board: links to forecasts, bars and tables. */

import { element, questionLink } from "../widgets/elements.js";
import { dayNote } from "./words.js";

/** @import { Bar } from "./scales.js" */

/** The usual question of the form. */
const DAYS = 30;
const SVG = "http://www.w3.org/2000/svg";

/**
 * What the parts of the board have in common: its day, and which stocks are in the visitor's list.
 *
 * @typedef {{as_of: string|null, sources: string[], horizon: number, isWatched: (ticker: string) => boolean}} Context
 */

/**
 * Make the name of a stock: a link to its forecast, with the company's name, and with the day if its close is older.
 *
 * @param {MarketRow} row
 * @param {Context} context
 */
export function stockName(row, context) {
  const made = element("span", "", "stock");
  const isWatched = context.isWatched(row.ticker);
  const link = element("span", "", isWatched ? "ticker watched" : "ticker");
  if (isWatched) link.append(element("span", "In your list: ", "visually-hidden"));
  link.append(forecastLink(row.ticker, row.ticker));
  made.append(link);
  if (row.name && row.name !== row.ticker) {
    const name = element("span", row.name, "name");
    name.title = row.name;
    made.append(" ", name);
  }
  const note = dayNote(row, context);
  if (note) made.append(" ", element("small", note, row.stale ? "old" : ""));
  return made;
}

/**
 * Make a link to the forecast of a stock.
 *
 * @param {string} ticker
 * @param {string} text
 * @param {string} [className]
 */
export function forecastLink(ticker, text, className) {
  return questionLink({ ticker, days: DAYS }, text, className);
}

/**
 * Make a bar. The figure beside it has its value in words.
 *
 * @param {Bar} bar
 * @param {string} kind its class
 */
export function barPicture({ start, length }, kind) {
  const picture = shape("svg", { class: `bar ${kind}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(shape("rect", { class: "track", x: 0, y: 0, width: 100, height: 10 }));
  picture.append(shape("rect", { class: "value", x: start, y: 0, width: length, height: 10 }));
  if (kind === "rise" || kind === "fall") picture.append(shape("line", { x1: 50, y1: 0, x2: 50, y2: 10 }));
  return picture;
}

/**
 * @param {string} name
 * @param {Record<string, string|number>} attributes
 */
function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}

/**
 * Make a bar with its figure.
 *
 * @param {Element} picture
 * @param {string} figure
 */
export function barWithFigure(picture, figure) {
  const made = element("span", "", "with-bar");
  made.append(picture, element("span", figure, "figure"));
  return made;
}
