/** Client of the watchlists' API. Each call returns what the server now has, or throws `ApiError`. */

import { call, sending } from "./exchange.js";

const LISTS = "watchlists";

/** @typedef {Pick<WatchedStock, "days"|"level"|"model"|"note"|"chance_above">} WatchedQuestion */

/**
 * Return the lists, without the closes of their stocks.
 *
 * @returns {Promise<WatchlistSummary[]>}
 */
export async function listWatchlists() {
  return (await call(LISTS)).watchlists;
}

/**
 * Return a list with the latest closes of its stocks.
 *
 * @param {string} id
 * @returns {Promise<WatchlistDetail>}
 */
export function readWatchlist(id) {
  return call(`${LISTS}/${id}`);
}

/**
 * Create an empty list.
 *
 * @param {string} name
 * @returns {Promise<WatchlistDetail>}
 */
export function createWatchlist(name) {
  return call(LISTS, sending("POST", { name }));
}

/**
 * Give a list another name, or put its stocks in another order.
 *
 * @param {string} id
 * @param {{name: string}|{order: string[]}} change
 * @returns {Promise<WatchlistDetail>}
 */
export function changeWatchlist(id, change) {
  return call(`${LISTS}/${id}`, sending("PATCH", change));
}

/** @param {string} id */
export function deleteWatchlist(id) {
  return call(`${LISTS}/${id}`, { method: "DELETE" });
}

/**
 * Add a stock to a list, or replace its question and note.
 *
 * @param {string} id
 * @param {string} ticker
 * @param {Partial<WatchedQuestion>} question
 * @returns {Promise<WatchlistDetail>}
 */
export function putStock(id, ticker, question) {
  return call(stockPath(id, ticker), sending("PUT", question));
}

/**
 * Remove a stock from a list.
 *
 * @param {string} id
 * @param {string} ticker
 */
export function removeStock(id, ticker) {
  // The row goes before the answer, so the call outlives a reload of the page.
  return call(stockPath(id, ticker), { method: "DELETE", keepalive: true });
}

/**
 * Add the stocks of a CSV to a list.
 *
 * @param {string} id
 * @param {string} csv
 * @returns {Promise<WatchlistDetail>}
 */
export function importStocks(id, csv) {
  return call(`${LISTS}/${id}:import`, sending("POST", { csv }));
}

/**
 * Return the URL of a list as CSV.
 *
 * @param {string} id
 */
export function exportUrl(id) {
  return `api/v1/${LISTS}/${id}?format=csv`;
}

/**
 * @param {string} id
 * @param {string} ticker
 */
function stockPath(id, ticker) {
  return `${LISTS}/${id}/stocks/${encodeURIComponent(ticker)}`;
}
