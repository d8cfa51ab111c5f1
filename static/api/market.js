/** Client of the market's board. Each call returns what the server has, or throws `ApiError`. */

import { call, callUnlessUnchanged } from "./exchange.js";

const MARKET = "market";

/**
 * Return what stands out on the board, with the tag of this answer.
 *
 * @param {number} limit rows of each list
 * @param {string} tag of the answer that is shown; "" for none
 * @returns {Promise<{body: MarketMovers|null, tag: string}>} no body if the answer is still the one that is shown
 */
export function readMovers(limit, tag) {
  return callUnlessUnchanged(`${MARKET}/movers?limit=${limit}`, tag);
}

/**
 * Return a page of the board's rows.
 *
 * @param {URLSearchParams} query
 * @returns {Promise<MarketPage>}
 */
export function readMarket(query) {
  return call(`${MARKET}?${query}`, { cache: "default" });
}

/**
 * Return the URL of the rows of a query as CSV.
 *
 * @param {URLSearchParams} query
 */
export function marketCsvUrl(query) {
  return `api/v1/${MARKET}?${new URLSearchParams([...query, ["format", "csv"]])}`;
}
