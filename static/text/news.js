/** The words of headlines, which are texts of strangers. Pure functions. */

import { formatDate } from "./formats.js";

/**
 * Return the address of an article if it is one of the Web, or "".
 *
 * @param {string} url
 */
export function articleAddress(url) {
  try {
    const { protocol, href } = new URL(url);
    return ["http:", "https:"].includes(protocol) ? href : "";
  } catch {
    return "";
  }
}

/**
 * Return who published a headline, and when.
 *
 * @param {Pick<Headline, "publisher"|"published">} headline
 */
export function publication({ publisher, published }) {
  const day = formatDate(published.slice(0, 10));
  return publisher ? `${publisher}, ${day}` : day;
}

/**
 * Return from where the headlines are.
 *
 * @param {StockNews} news
 */
export function newsSource({ source_name: source, fetched_at: fetched, headlines }) {
  if (headlines.length === 0) return `${source} has no headlines about this stock from the last two weeks.`;
  return `From ${source}, fetched on ${formatDate(fetched.slice(0, 10))}. The words are the publishers’, and no part of the insights.`;
}
