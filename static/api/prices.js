/** Client of the API's prices and tickers. A failed call returns null: the answer is complete without it. */

import { fieldOf } from "../text/fields.js";

const RECENT_YEARS = 2;
const LONGEST_QUERY = 64;

/**
 * Search tickers by ticker or company name.
 *
 * @param {string} text
 * @param {AbortSignal} [signal]
 * @returns {Promise<Match[]>}
 */
export async function findTickers(text, signal) {
  const query = new URLSearchParams({ q: text.slice(0, LONGEST_QUERY) });
  return (await call(`api/v1/tickers?${query}`, { signal }))?.tickers ?? [];
}

/**
 * Return the first tickers with stored prices, in alphabetical order.
 *
 * @returns {Promise<string[]>}
 */
export async function storedTickers() {
  /** @type {StoredTicker[]} */
  const tickers = (await call("api/v1/tickers"))?.tickers ?? [];
  return tickers.map(({ ticker }) => ticker);
}

/**
 * Return the stored daily prices.
 *
 * @param {string} ticker
 * @param {string} [start] the first day
 * @returns {Promise<StoredPrices|null>}
 */
export function dailyPrices(ticker, start) {
  return call(start ? `${pricesUrl(ticker)}?start=${start}` : pricesUrl(ticker));
}

/**
 * Return the daily prices, after fetching them from a price source if none are stored.
 *
 * @param {string} ticker
 * @returns {Promise<StoredPrices|null>}
 */
export async function dailyPricesOfAny(ticker) {
  const stored = await dailyPrices(ticker);
  if (stored) return stored;
  const added = await call(tickerUrl(ticker), { method: "PUT" });
  return added && dailyPrices(ticker);
}

/**
 * Return the URL of a ticker's prices as CSV.
 *
 * @param {string} ticker
 */
export function csvUrl(ticker) {
  return `${pricesUrl(ticker)}?format=csv`;
}

/**
 * The stored prices behind a result, each range fetched once. The result's own closes replace prices that cannot be
 * fetched.
 */
export class PriceHistory {
  #result;
  /** @type {Promise<StoredPrices|null>|null} */
  #recent = null;
  /** @type {Promise<StoredPrices|null>|null} */
  #stored = null;

  /** @param {FinishedForecast} result */
  constructor(result) {
    this.#result = result;
  }

  /** Return the days of the last two years. */
  async recent() {
    const start = new Date(`${this.#result.as_of}T00:00:00Z`);
    start.setUTCFullYear(start.getUTCFullYear() - RECENT_YEARS);
    this.#recent ??= dailyPrices(this.#result.ticker, start.toISOString().slice(0, 10));
    return this.#daysOf(await this.#recent);
  }

  /** Return all days. */
  async all() {
    return this.#daysOf(await this.stored());
  }

  /** Return all days with their facts, or null. */
  stored() {
    this.#stored ??= dailyPrices(this.#result.ticker);
    return this.#stored;
  }

  /**
   * @param {StoredPrices|null} stored
   * @returns {PricePoint[]}
   */
  #daysOf(stored) {
    if (!stored?.prices.length) return this.#result.series;
    const field = fieldOf(this.#result);
    return field === "close" ? daysWithClose(stored) : daysWithField(stored, field);
  }
}

/**
 * Return the days that have a close, which every stored day has.
 *
 * @param {StoredPrices} stored
 * @returns {PricePoint[]}
 */
export function daysWithClose({ prices }) {
  return prices.filter(hasClose);
}

/**
 * Return the values of another field in place of the closes.
 *
 * @param {StoredPrices} stored
 * @param {"open"|"high"|"low"|"volume"} field
 * @returns {PricePoint[]}
 */
function daysWithField({ prices }, field) {
  return prices.flatMap(({ date = "", [field]: value }) => (value ? [{ date, close: value }] : []));
}

/**
 * @param {StoredPrice} day
 * @returns {day is StoredPrice & {close: number}}
 */
function hasClose(day) {
  return day.close !== null;
}

/** @param {string} ticker */
function tickerUrl(ticker) {
  return `api/v1/tickers/${encodeURIComponent(ticker)}`;
}

/** @param {string} ticker */
function pricesUrl(ticker) {
  return `api/v1/prices/${encodeURIComponent(ticker)}`;
}

/**
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>} null if the call failed
 */
async function call(url, options) {
  try {
    const response = await fetch(url, options);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
