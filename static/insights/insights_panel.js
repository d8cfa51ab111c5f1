/** The panel of what is unusual about a stock now: sentences, each with its evidence, and the sentiment. */

import { ApiError } from "../api/exchange.js";
import { readInsights } from "../api/insights.js";
import { hideNews, showNews } from "./news_list.js";
import { explainFailure } from "../text/failures.js";
import {
  evidenceWords,
  factCells,
  factTerm,
  factsOf,
  insightsSource,
  sentimentTitle,
  unbroken,
  voteTerms,
  writerWords,
} from "../text/insights.js";
import { button, byId, element, table, terms } from "../widgets/elements.js";

/** @import { Shown } from "../page/late_panel.js" */

/** The pause between two looks for the language model's text, and the most of them: together as long as a call may last. */
const TRY_EVERY_MS = 2000;
const MOST_TRIES = 20;
const HEADS = ["Fact", "Value", "Percentile", "Days compared", "Day", "Source"];

export class InsightsPanel {
  /** @type {FinishedForecast|null} */
  #result = null;

  /** @param {Pick<Shown, "result">} shown */
  async show({ result }) {
    if (this.#result === result) return;
    this.clear();
    this.#result = result;
    byId("insights-state").textContent = "Comparing with the past…";
    const isWanted = () => this.#result === result;
    showNews(result.ticker, isWanted);
    try {
      const insights = await readInsights(result.ticker);
      if (isWanted()) showInsights(insights);
      await awaitModel(insights, isWanted);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#result === result) this.#showFailure(result, error);
    }
  }

  clear() {
    this.#result = null;
    byId("insights-state").textContent = "";
    byId("insights-content").hidden = true;
    hideNews();
  }

  /**
   * @param {FinishedForecast} result
   * @param {ApiError} failure
   */
  #showFailure(result, failure) {
    const again = () => {
      // The button goes: a keyboard's next step begins at the panel.
      byId("panel-insights").focus();
      this.#result = null;
      this.show({ result });
    };
    byId("insights-state").replaceChildren(explainFailure(failure), " ", button("Try again", again, "plain"));
  }
}

/**
 * Show the sentences of the language model once they are ready, or why there are none.
 *
 * @param {StockInsights} insights
 * @param {() => boolean} isWanted
 */
async function awaitModel(insights, isWanted) {
  let shown = insights;
  for (let tries = 0; tries < MOST_TRIES && isWriting(shown); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    if (!isWanted()) return;
    shown = await readAgain(shown);
  }
  if (!isWanted() || !isWriting(insights)) return;
  if (shown.language_model?.state === "ready") showSentences(shown);
  byId("insights-writer").textContent = isWriting(shown) ? "" : writerWords(shown);
}

/** @param {StockInsights} insights */
function isWriting({ language_model: model }) {
  return model?.state === "writing";
}

/**
 * Return the insights of now, or the present ones if they cannot be read.
 *
 * @param {StockInsights} insights
 */
async function readAgain(insights) {
  try {
    return await readInsights(insights.ticker);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return insights;
  }
}

/** @param {StockInsights} insights */
function showSentences(insights) {
  byId("insights-sentences").replaceChildren(...insights.sentences.map((sentence) => sentenceItem(insights, sentence)));
}

/** @param {StockInsights} insights */
function showInsights(insights) {
  const { sentences, left_out: missing, sentiment } = insights;
  byId("insights-state").textContent = sentences.length ? "" : "The data allow no comparison with the past.";
  byId("insights-source").textContent = unbroken(insightsSource(insights));
  showSentences(insights);
  byId("insights-writer").textContent = writerWords(insights);
  byId("insights-sentiment").hidden = !sentiment;
  if (sentiment) {
    byId("insights-mood").textContent = sentimentTitle(sentiment);
    byId("insights-caveat").textContent = sentiment.caveat;
    byId("insights-evidence").textContent = evidenceWords(sentiment);
    byId("insights-votes").replaceChildren(...terms(voteTerms(insights)));
  }
  byId("insights-facts").replaceChildren(factTable(insights));
  byId("insights-missing").hidden = missing.length === 0;
  byId("insights-left-out").replaceChildren(...terms(missing.map(({ name, reason }) => [name, reason])));
  byId("insights-content").hidden = false;
}

/**
 * @param {StockInsights} insights
 * @param {StockInsights["sentences"][number]} sentence
 */
function sentenceItem(insights, { text, facts }) {
  const [item, evidence, list] = [element("li", ""), element("details", ""), element("dl", "", "facts")];
  list.append(...terms(factsOf(insights, facts).map((fact) => factTerm(fact, insights))));
  evidence.append(element("summary", "Evidence"), list);
  item.append(element("p", unbroken(text)), evidence);
  return item;
}

/** @param {StockInsights} insights */
function factTable(insights) {
  const rows = insights.facts.map((fact) => factCells(fact, insights));
  return table("Percentiles are those of the stock’s own past.", HEADS, rows);
}
