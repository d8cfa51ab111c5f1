/** Which ticker a typed company name means. Pure: values in, values out. */

/** No plain ticker of an American exchange has more letters. */
const LONGEST_PLAIN_TICKER = 5;

/**
 * The ticker of the first suggestion whose name has the typed words, or null where what was typed is itself a ticker.
 *
 * @param {string} typed
 * @param {{ticker: string, name: string|null}[]} found the suggestions for it, best match first
 * @returns {string|null}
 */
export function meantTicker(typed, found) {
  const wanted = plain(typed);
  if (!wanted || found.some(({ ticker }) => sameTicker(ticker, typed))) return null;
  const named = found.find(({ name }) => hasWords(plain(name ?? ""), wanted));
  if (named) return named.ticker;
  const [first] = found;
  return first && isTooLongForTicker(typed.trim()) && !isListFrom(first.ticker, typed) ? first.ticker : null;
}

/** One or two letters are a word of many names: they have to be the whole name, such as 3M. */
function hasWords(name, wanted) {
  return wanted.length < 3 ? name === wanted : ` ${name} `.includes(` ${wanted} `);
}

/** "AAPL MSFT" is a list of tickers, and no name of the first one. */
function isListFrom(ticker, typed) {
  return sameTicker(ticker, typed.trim().split(/[\s,;]+/)[0]);
}

/** BRK.B and BRK-B are one share class. */
function sameTicker(ticker, typed) {
  const same = (text) => text.trim().toUpperCase().replaceAll(".", "-");
  return same(ticker) === same(typed);
}

function isTooLongForTicker(text) {
  return /\s/.test(text) || (/^\p{L}+$/u.test(text) && text.length > LONGEST_PLAIN_TICKER);
}

/** Lower case, without accents and punctuation: "L'Oréal" and "loreal" are the same name. */
function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}'’]/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
