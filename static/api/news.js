/** Client of the news. */

import { call } from "./exchange.js";

/**
 * Return the newest headlines about a stock.
 *
 * @param {string} ticker
 * @returns {Promise<StockNews>}
 * @throws {import("./exchange.js").ApiError}
 */
export function readNews(ticker) {
  return call(`tickers/${encodeURIComponent(ticker)}/news`);
}
