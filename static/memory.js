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

/** @returns {{ticker: string, days: number, price: number, currency: string, target: string, asOf: string}[]} */
export function watched() {
  return read("watched").filter(
    ({ price, currency, target }) =>
      Number.isFinite(price) && [currency, target].every((text) => typeof text === "string"),
  );
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
    return Array.isArray(kept) ? kept.filter(isQuestion) : [];
  } catch {
    return [];
  }
}

/** What is kept may be of an older page, or not this page's at all. */
function isQuestion(entry) {
  return typeof entry?.ticker === "string" && Number.isInteger(entry.days);
}

function write(name, list) {
  try {
    localStorage.setItem(`stockcast.${name}`, JSON.stringify(list));
  } catch {
    // A private window or a full store: the page works without a memory.
  }
}
