/** The words of dividends, splits and reports on the chart. Pure functions. */

import { formatNamedPrice, formatQuantity } from "./formats.js";

/** The most decimals of a split's ratio. */
const RATIO_DECIMALS = 4;

/**
 * Return an event as the chart names it.
 *
 * @param {StockEvent} event
 * @param {string} currency
 */
export function eventWords({ kind, value }, currency) {
  if (kind === "dividend" && value) return `Dividend, about ${formatNamedPrice(value, currency)}`;
  if (kind === "split" && value) return `Split, ${ratioWords(value)}`;
  return kind === "report" ? "Report of results" : "";
}

/**
 * Return a split's ratio as "4 for 1", or "1 for 10" where shares were joined.
 *
 * @param {number} ratio
 */
export function ratioWords(ratio) {
  /** @param {number} number */
  const plain = (number) => String(Number(number.toFixed(RATIO_DECIMALS)));
  return ratio >= 1 ? `${plain(ratio)} for 1` : `1 for ${plain(1 / ratio)}`;
}

/**
 * Return a sentence on the marks of the chart, or "" without any.
 *
 * @param {Pick<FinishedForecast, "events">} result
 */
export function marksWords({ events = [] }) {
  /** @param {StockEvent["kind"]} kind */
  const count = (kind) => events.filter((event) => event.kind === kind).length;
  const parts = [];
  if (count("dividend")) parts.push(`${formatQuantity(count("dividend"), "dividend")} (▲)`);
  if (count("split")) parts.push(`${formatQuantity(count("split"), "split")} (■)`);
  if (count("report")) parts.push(`${formatQuantity(count("report"), "report")} of results (|)`);
  return parts.length ? `Marked below the prices: ${parts.join(", ")}.` : "";
}
