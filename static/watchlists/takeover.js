/** Takes over the stocks that an earlier version of the page kept in the browser's storage. */

import { ApiError } from "../api/exchange.js";
import { createWatchlist, importStocks, listWatchlists } from "../api/watchlists.js";
import { removeStoredStocks, storedStocks } from "../page/browser_storage.js";
import { questionsAsCsv } from "../text/watchlists.js";
import { FIRST_LIST } from "./list_store.js";

/**
 * Put the stored stocks into the list “Watchlist”, then remove them from the storage.
 *
 * A stock that the list has is left as it is. So an interrupted takeover can be repeated, and two tabs may do it at once.
 *
 * @returns {Promise<string|null>} the id of the list, or null if nothing was stored
 * @throws {ApiError} the storage then keeps the stocks
 */
export async function takeOverStoredStocks() {
  const stored = storedStocks();
  if (stored.length === 0) return null;
  const list = await firstList();
  const missing = stored.filter(({ ticker }) => !list.tickers.includes(ticker));
  if (missing.length) await importStocks(list.id, questionsAsCsv(missing));
  removeStoredStocks(stored.map(({ ticker }) => ticker));
  return list.id;
}

/** @returns {Promise<{id: string, tickers: string[]}>} */
async function firstList() {
  const found = await findFirstList();
  if (found) return found;
  try {
    return { id: (await createWatchlist(FIRST_LIST)).id, tickers: [] };
  } catch (error) {
    // Another tab may have created it a moment ago.
    const created = error instanceof ApiError && error.status === 400 ? await findFirstList() : null;
    if (!created) throw error;
    return created;
  }
}

async function findFirstList() {
  return (await listWatchlists()).find(({ name }) => name === FIRST_LIST) ?? null;
}
