/** Prices of several tickers, indexed to 100 on their first common day. Pure functions. */

const YEARS = 2;

/** @typedef {import("./figures.js").Line & {currency: string, lastPrice: number}} IndexLine */
/** @typedef {"close"|"open"|"high"|"low"} PriceField */

/**
 * Return the tickers in a text, each once.
 *
 * @param {string} text
 */
export function parseTickers(text) {
  return [...new Set(text.toUpperCase().split(/[\s,;]+/))].filter(Boolean);
}

/**
 * Return one line for each stock over the last two years that all of them cover; none if a stock has no prices in them.
 *
 * @param {StoredPrices[]} stocks
 * @param {PriceField} [field] the price of a day
 * @returns {IndexLine[]}
 */
export function indexLines(stocks, field = "close") {
  const last = stocks.map((stock) => stock.last).sort()[0] ?? "";
  const earliest = new Date(`${last}T00:00:00Z`);
  earliest.setUTCFullYear(earliest.getUTCFullYear() - YEARS);
  const start = [earliest.toISOString().slice(0, 10), ...stocks.map(({ first }) => first)].sort().at(-1) ?? "";
  const lines = stocks.map((stock) => indexLine(stock, field, start, last));
  return lines.every(({ dates }) => dates.length > 0) ? lines : [];
}

/**
 * Return the last day of each month.
 *
 * @param {string[]} dates in order
 */
export function monthEnds(dates) {
  return dates.filter((date, at) => date.slice(0, 7) !== dates[at + 1]?.slice(0, 7));
}

/**
 * Return a line's value on a day, or on its last day before.
 *
 * @param {IndexLine} line
 * @param {string} day
 */
export function valueOn({ dates, values }, day) {
  return values[dates.findLastIndex((date) => date <= day)] ?? 100;
}

/**
 * @param {StoredPrices} stock
 * @param {PriceField} field
 * @param {string} start
 * @param {string} last
 * @returns {IndexLine}
 */
function indexLine({ ticker, currency, prices }, field, start, last) {
  const days = prices.flatMap(({ date, [field]: price }) => (price && date >= start && date <= last ? [{ date, price }] : []));
  const [first, latest] = [days[0]?.price ?? 1, days.at(-1)?.price ?? 0];
  return {
    name: ticker,
    currency,
    lastPrice: latest,
    dates: days.map(({ date }) => date),
    values: days.map(({ price }) => (price / first) * 100),
  };
}
