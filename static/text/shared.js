/** The ticker in what another app shares: a link, a headline or a ticker. Pure functions. */

const LONGEST_READ = 2000;
const LONGEST_TYPED = 64;
const TICKER = /^[A-Z0-9^][A-Z0-9.\-=^&_]{0,23}$/;
const EXCHANGES = "NASDAQ|NYSE|NYSEARCA|NYSEAMERICAN|AMEX|OTC|LSE|LON|TSX|ETR|XETRA|EPA|TYO|ASX";
/** What names a stock without doubt, the surest first. */
const FORMS = [
  /[?&]ticker=([^&#\s]+)/i,
  /\/quote\/([^/?#:\s]+)/i,
  /\/symbols\/(?:[A-Z]+-)?([^/?#\s]+)/i,
  new RegExp(`\\b(?:${EXCHANGES})\\s*:\\s*([A-Z0-9][A-Z0-9.\\-]{0,11})`),
  /(?:^|[\s(])\$([A-Z][A-Z0-9.-]{0,11})/,
  /^\s*([A-Z^][A-Z0-9.\-=^]{0,11})\s*$/,
];

/**
 * Return the ticker that shared texts name; if none does for certain, what may be typed into the search box.
 *
 * @param {(string|null)[]} texts the link, the text and the title, in this order
 * @returns {{ticker: string, typed: string}} one of them is ""
 */
export function readShared(texts) {
  const shared = texts.map((text) => (text ?? "").slice(0, LONGEST_READ));
  for (const form of FORMS) {
    for (const text of shared) {
      const ticker = tickerOf(form.exec(text)?.[1]);
      if (ticker) return { ticker, typed: "" };
    }
  }
  const words = shared.find((text) => text.trim() && !/^\s*https?:/i.test(text)) ?? "";
  return { ticker: "", typed: words.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_TYPED) };
}

/** @param {string} [text] */
function tickerOf(text) {
  const ticker = decoded(text ?? "").toUpperCase().replace(/[.-]+$/, "");
  return TICKER.test(ticker) && !ticker.includes("..") ? ticker : "";
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
