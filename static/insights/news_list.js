/** The headlines beside the insights, each a link to its article. Their texts are of strangers, and never markup. */

import { ApiError } from "../api/exchange.js";
import { readNews } from "../api/news.js";
import { explainFailure } from "../text/failures.js";
import { articleAddress, newsSource, publication } from "../text/news.js";
import { byId, element } from "../widgets/elements.js";

/** The code of a server without a source of news. Its visitors cannot change that. */
const NO_SOURCE = "no_news_source";

/**
 * Show the headlines about a stock, or why there are none. A failure concerns no other part of the panel.
 *
 * @param {string} ticker
 * @param {() => boolean} isWanted whether the stock is still shown
 */
export async function showNews(ticker, isWanted) {
  try {
    const news = await readNews(ticker);
    if (isWanted()) fill(newsSource(news), news.headlines);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (isWanted() && error.code !== NO_SOURCE) fill(explainFailure(error), []);
  }
}

export function hideNews() {
  byId("insights-news").hidden = true;
  byId("insights-headlines").replaceChildren();
}

/**
 * @param {string} words
 * @param {Headline[]} headlines
 */
function fill(words, headlines) {
  byId("insights-news-source").textContent = words;
  byId("insights-headlines").replaceChildren(...headlines.map(headlineItem));
  byId("insights-news").hidden = false;
}

/** @param {Headline} headline */
function headlineItem(headline) {
  const item = element("li", "");
  const address = articleAddress(headline.url);
  const title = element(address ? "a" : "span", headline.title);
  title.dir = "auto";
  if (title instanceof HTMLAnchorElement) {
    title.href = address;
    title.target = "_blank";
    title.rel = "noopener noreferrer nofollow";
  }
  item.append(title, " ", element("span", publication(headline), "hint"));
  return item;
}
