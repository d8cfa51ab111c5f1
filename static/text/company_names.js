/** The ticker behind a typed company name. Pure functions. */

/** No plain ticker of an American exchange has more letters. */
const LONGEST_PLAIN_TICKER = 5;

/**
 * Return the ticker of the first suggestion whose name contains the typed words, or null if they are a ticker.
 *
 * @param {string} typed
 * @param {Match[]} suggestions for what is typed, best match first
 * @returns {string|null}
 */
export function tickerOfName(typed, suggestions) {
  const words = normalize(typed);
  if (!words || suggestions.some(({ ticker }) => isSameTicker(ticker, typed))) return null;
  const named = suggestions.find(({ name }) => containsWords(normalize(name ?? ""), words));
  if (named) return named.ticker;
  const [first] = suggestions;
  return first && isTooLongForTicker(typed.trim()) && !startsWithTicker(typed, first.ticker) ? first.ticker : null;
}

/**
 * Many names contain a word of one or two letters, so such a word must be the whole name, such as 3M.
 *
 * @param {string} name
 * @param {string} words
 */
function containsWords(name, words) {
  return words.length < 3 ? name === words : ` ${name} `.includes(` ${words} `);
}

/**
 * "AAPL MSFT" is a list of tickers, not the name of AAPL.
 *
 * @param {string} typed
 * @param {string} ticker
 */
function startsWithTicker(typed, ticker) {
  return isSameTicker(ticker, typed.trim().split(/[\s,;]+/)[0] ?? "");
}

/**
 * BRK.B and BRK-B are one share class.
 *
 * @param {string} ticker
 * @param {string} typed
 */
function isSameTicker(ticker, typed) {
  const [one, other] = [ticker, typed].map((text) => text.trim().toUpperCase().replaceAll(".", "-"));
  return one === other;
}

/** @param {string} text */
function isTooLongForTicker(text) {
  return /\s/.test(text) || (/^\p{L}+$/u.test(text) && text.length > LONGEST_PLAIN_TICKER);
}

/**
 * Remove case, accents and punctuation: "L'Oréal" and "loreal" are the same name.
 *
 * @param {string} text
 */
function normalize(text) {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}'’]/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
