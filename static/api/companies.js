/** Client of the API's facts about companies. */

import { call } from "./exchange.js";

/**
 * Return what is known about a ticker. Facts that are not stored are fetched first, which takes some seconds.
 *
 * @param {string} ticker
 * @returns {Promise<TickerFacts>}
 * @throws {ApiError} if neither facts nor prices are known
 */
export function readFacts(ticker) {
  return call(`tickers/${encodeURIComponent(ticker)}/facts`, { cache: "default" });
}
