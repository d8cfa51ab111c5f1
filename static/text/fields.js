/** The words of a forecast's field: its name, its noun in sentences, and that of the naive forecast. Pure functions. */

/** @typedef {"close"|"open"|"high"|"low"|"volume"} StockField */

/** @type {Record<StockField, string>} */
export const FIELDS = { close: "Close", open: "Open", high: "High", low: "Low", volume: "Volume" };

/**
 * Return whether anything is a field's name.
 *
 * @param {unknown} name
 * @returns {name is StockField}
 */
export function isField(name) {
  return typeof name === "string" && Object.hasOwn(FIELDS, name);
}

/**
 * Return the field of a result. Those of an earlier version are of the close.
 *
 * @param {{field?: StockField}} result
 */
export function fieldOf({ field = "close" }) {
  return field;
}

/**
 * Return whether a result is of the close from the usual past, as the track record and the lists are.
 *
 * @param {{field?: StockField, history_days?: number|null}} result
 */
export function isStandard({ field = "close", history_days = null }) {
  return field === "close" && history_days === null;
}

/**
 * Return what a forecast is of: "AAPL", or "AAPL’s volume".
 *
 * @param {{ticker: string, field?: StockField}} result
 */
export function subjectOf({ ticker, field = "close" }) {
  return field === "close" ? ticker : `${ticker}’s ${field}`;
}

/**
 * Return the noun of the values: those of the close are the price.
 *
 * @param {StockField} field
 */
export function nounOf(field) {
  return field === "close" ? "price" : field;
}

/**
 * Return the noun of the naive forecast, with which a backtest compares.
 *
 * @param {StockField} field
 */
export function naiveOf(field) {
  if (field === "volume") return "usual volume";
  return field === "close" ? "last price" : `last ${field}`;
}
