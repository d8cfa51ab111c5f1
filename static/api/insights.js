/** Client of the insights. */

import { call } from "./exchange.js";

/**
 * Return what is unusual about a stock now.
 *
 * @param {string} ticker
 * @returns {Promise<StockInsights>}
 * @throws {import("./exchange.js").ApiError}
 */
export function readInsights(ticker) {
  return call(`insights/${encodeURIComponent(ticker)}`, { cache: "no-cache" });
}
