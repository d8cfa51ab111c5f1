/** Client of the API's prices within the day. */

import { call } from "./exchange.js";

/** The calendar days that are fetched: several sessions, also around the longest holidays. */
const CALENDAR_DAYS = 12;

/**
 * Return the intervals within the day of which prices are stored; the one with the newest day is the first.
 *
 * @param {string} ticker
 * @returns {Promise<StoredInterval[]>}
 * @throws {ApiError}
 */
export async function barIntervals(ticker) {
  /** @type {StoredInterval[]} */
  const stored = (await call(`${pricesPath(ticker)}/intervals`)).intervals;
  return stored.filter(({ interval }) => interval !== "1d").sort((one, other) => other.last.localeCompare(one.last));
}

/**
 * Return the bars of the newest days.
 *
 * @param {StoredInterval} stored
 * @returns {Promise<StoredPrices>}
 * @throws {ApiError}
 */
export function newestBars({ ticker, interval, last }) {
  const start = new Date(`${last}T00:00:00Z`);
  start.setUTCDate(start.getUTCDate() - CALENDAR_DAYS);
  const query = new URLSearchParams({ interval, start: start.toISOString().slice(0, 10) });
  return call(`${pricesPath(ticker)}?${query}`, { cache: "default" });
}

/**
 * Return the URL of all bars as CSV.
 *
 * @param {StoredInterval} stored
 */
export function barsCsvUrl({ ticker, interval }) {
  return `api/v1/${pricesPath(ticker)}?${new URLSearchParams({ interval, format: "csv" })}`;
}

/** @param {string} ticker */
function pricesPath(ticker) {
  return `prices/${encodeURIComponent(ticker)}`;
}
