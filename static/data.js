/** The data's panel: where the prices came from, how old they are, what the checks found, and the latest of them. */

import { element, table, terms } from "./elements.js";
import { csvAddress } from "./store.js";
import { checkWords, countFigures, currencyWords, factWords, gapWords, priceFigures, shortDateWords } from "./words.js";

const LATEST_ROWS = 60;
const HEADS = ["Date", "Open", "High", "Low", "Close", "Volume"];
const byId = (id) => document.getElementById(id);

/** Whose data is shown; what is read late for another one is left out. */
let shown = null;

/** Fill the panel with the facts behind `result` and its stored prices. */
export async function showData(result, prices) {
  shown = result;
  byId("answer-facts").replaceChildren(...terms(factWords(result)));
  byId("csv-download").href = csvAddress(result.ticker);
  const stored = await prices.stored();
  if (shown !== result) return;
  byId("stored-facts").replaceChildren();
  if (!stored) {
    byId("prices-table").replaceChildren(element("p", "The stored prices cannot be read at the moment."));
    return;
  }
  byId("stored-facts").replaceChildren(
    ...terms([
      ["Gaps", gapWords(stored.prices)],
      ["Checks", checkWords(stored)],
    ]),
  );
  const rows = stored.prices.slice(-LATEST_ROWS).toReversed().map(row);
  const caption = `The latest ${rows.length} days of ${result.ticker} in ${currencyWords(stored.currency)}`;
  byId("prices-table").replaceChildren(table(caption, HEADS, rows));
}

function row({ date, volume, ...prices }) {
  return [
    shortDateWords(date),
    ...["open", "high", "low", "close"].map((name) => figures(prices[name], priceFigures)),
    figures(volume, countFigures),
  ];
}

function figures(number, words) {
  return Number.isFinite(number) ? words(number) : "–";
}
