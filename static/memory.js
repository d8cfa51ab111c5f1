/** What this browser remembers: watched stocks and recent questions. Where storage is refused, it remembers nothing. */

const MOST_RECENT = 6;

/** @returns {{ticker: string, days: number}[]} newest first */
export function recentQuestions() {
  return read("recent");
}

/** @param {{ticker: string, days: number}} question */
export function rememberQuestion({ ticker, days }) {
  const others = recentQuestions().filter((asked) => asked.ticker !== ticker || asked.days !== days);
  write("recent", [{ ticker, days }, ...others].slice(0, MOST_RECENT));
}

/** @returns {{ticker: string, days: number, price: number, currency: string, target: string}[]} */
export function watched() {
  return read("watched");
}

/** Watch a stock with its newest forecast, in the place that it had. */
export function watch(entry) {
  const list = watched();
  const at = list.findIndex(({ ticker }) => ticker === entry.ticker);
  if (at < 0) list.push(entry);
  else list[at] = entry;
  write("watched", list);
}

/** @param {string} ticker */
export function unwatch(ticker) {
  write(
    "watched",
    watched().filter((entry) => entry.ticker !== ticker),
  );
}

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(`stockcast.${name}`));
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.ticker === "string") : [];
  } catch {
    return [];
  }
}

function write(name, list) {
  try {
    localStorage.setItem(`stockcast.${name}`, JSON.stringify(list));
  } catch {
    // A private window or a full store: the page works without a memory.
  }
}
