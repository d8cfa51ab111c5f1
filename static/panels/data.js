/** The data's panel: the source and the age of the prices, what the checks found, and the latest prices. */

import { csvUrl } from "../api/prices.js";
import { answerFacts } from "../text/answer.js";
import { currencyName, formatCount, formatPrice, formatShortDate } from "../text/formats.js";
import { describeChecks, describeGaps } from "../text/panels.js";
import { byId, element, table, terms } from "../widgets/elements.js";

const MOST_ROWS = 60;
const HEADS = ["Date", "Open", "High", "Low", "Close", "Volume"];
const MISSING = "–";

/**
 * The result in the panel. Prices that arrive for an earlier one are dropped.
 *
 * @type {FinishedForecast|null}
 */
let shown = null;

/**
 * Show the facts behind a result and its stored prices.
 *
 * @param {FinishedForecast} result
 * @param {import("../api/prices.js").PriceHistory} history
 */
export async function showData(result, history) {
  shown = result;
  byId("answer-facts").replaceChildren(...terms(answerFacts(result)));
  byId("csv-download", HTMLAnchorElement).href = csvUrl(result.ticker);
  const stored = await history.stored();
  if (shown !== result) return;
  if (stored) showStored(result.ticker, stored);
  else showMissing();
}

function showMissing() {
  byId("stored-facts").replaceChildren();
  byId("prices-table").replaceChildren(element("p", "The prices could not be loaded. Open this tab again to retry."));
}

/**
 * @param {string} ticker
 * @param {StoredPrices} stored
 */
function showStored(ticker, stored) {
  const facts = [
    ["Gaps", describeGaps(stored.prices)],
    ["Checks", describeChecks(stored)],
  ];
  byId("stored-facts").replaceChildren(...terms(facts));
  const rows = stored.prices.slice(-MOST_ROWS).map(row).reverse();
  const caption = `The latest ${rows.length} days of ${ticker} in ${currencyName(stored.currency)}`;
  byId("prices-table").replaceChildren(table(caption, HEADS, rows));
}

/** @param {StoredPrice} day */
function row({ date, open, high, low, close, volume }) {
  const prices = [open, high, low, close].map((price) => formatOr(price, formatPrice));
  return [formatShortDate(date), ...prices, formatOr(volume, formatCount)];
}

/**
 * @param {number|null} value
 * @param {(value: number) => string} format
 */
function formatOr(value, format) {
  return value === null ? MISSING : format(value);
}
