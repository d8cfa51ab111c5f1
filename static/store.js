/** Stored prices and tickers, as the page reads them. A failure gives nothing: they only add to the answer. */

const RECENT_YEARS = 2;

/** Suggestions for what is typed. */
export async function findTickers(text, signal) {
  const found = await read(`api/v1/tickers?${new URLSearchParams({ q: text.slice(0, 64) })}`, signal);
  return found?.tickers ?? [];
}

/** The first tickers that have stored prices, in order. */
export async function storedTickers() {
  const found = await read("api/v1/tickers");
  return (found?.tickers ?? []).map(({ ticker }) => ticker);
}

/** The facts of a stored ticker, or null. */
export function tickerFacts(ticker) {
  return read(`api/v1/tickers/${encodeURIComponent(ticker)}`);
}

/** Daily prices with their source from `start` on, or null. */
export function dailyPrices(ticker, start = "") {
  const range = start ? `?start=${start}` : "";
  return read(`api/v1/prices/${encodeURIComponent(ticker)}${range}`);
}

/** The same, fetched from a source first where they are not stored; null where no source knows them. */
export async function anyPrices(ticker, start) {
  const stored = await dailyPrices(ticker, start);
  if (stored) return stored;
  const added = await read(`api/v1/tickers/${encodeURIComponent(ticker)}`, undefined, "PUT");
  return added && dailyPrices(ticker, start);
}

/** The stored prices of one answer: two years for its chart, all of them for who asks for more; each is read once. */
export class StoredPrices {
  #result;
  #recent = null;
  #stored = null;

  /** @param {{ticker: string, as_of: string, series: object[]}} result whose own closes stand in where none are read */
  constructor(result) {
    this.#result = result;
  }

  /** The rows of the last two years. */
  async recent() {
    const from = new Date(`${this.#result.as_of}T00:00:00Z`);
    from.setUTCFullYear(from.getUTCFullYear() - RECENT_YEARS);
    this.#recent ??= dailyPrices(this.#result.ticker, from.toISOString().slice(0, 10));
    return this.#rowsOf(await this.#recent);
  }

  /** All rows. */
  async all() {
    return this.#rowsOf(await this.stored());
  }

  /** All rows with what is known about them, or null. */
  stored() {
    this.#stored ??= dailyPrices(this.#result.ticker);
    return this.#stored;
  }

  #rowsOf(found) {
    return found?.prices?.length ? found.prices : this.#result.series;
  }
}

/** Where the CSV of a ticker is. */
export function csvAddress(ticker) {
  return `api/v1/prices/${encodeURIComponent(ticker)}?format=csv`;
}

async function read(address, signal, method = "GET") {
  try {
    const response = await fetch(address, { signal, method });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
