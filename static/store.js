/** Stored prices and tickers, as the page reads them. A failure gives nothing: they only add to the answer. */

/** Suggestions for what is typed. */
export async function findTickers(text, signal) {
  const found = await read(`/api/v1/tickers?${new URLSearchParams({ q: text.slice(0, 64) })}`, signal);
  return found?.tickers ?? [];
}

/** The facts of a stored ticker, or null. */
export function tickerFacts(ticker) {
  return read(`/api/v1/tickers/${encodeURIComponent(ticker)}`);
}

/** Daily prices with their source from `start` on, or null. */
export function dailyPrices(ticker, start = "") {
  const range = start ? `?start=${start}` : "";
  return read(`/api/v1/prices/${encodeURIComponent(ticker)}${range}`);
}

/** The same, fetched from a source first where they are not stored; null where no source knows them. */
export async function anyPrices(ticker, start) {
  const stored = await dailyPrices(ticker, start);
  if (stored) return stored;
  const added = await read(`/api/v1/tickers/${encodeURIComponent(ticker)}`, undefined, "PUT");
  return added && dailyPrices(ticker, start);
}

/** Where the CSV of a ticker is. */
export function csvAddress(ticker) {
  return `/api/v1/prices/${encodeURIComponent(ticker)}?format=csv`;
}

async function read(address, signal, method = "GET") {
  try {
    const response = await fetch(address, { signal, method });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
