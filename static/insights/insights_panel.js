/** The panel of what is unusual about a stock now: sentences, each with its evidence, and the sentiment. */

import { ApiError } from "../api/exchange.js";
import { readInsights } from "../api/insights.js";
import { explainFailure } from "../text/failures.js";
import { evidenceWords, factCells, factTerm, factsOf, insightsSource, sentimentTitle, unbroken, voteTerms } from "../text/insights.js";
import { button, byId, element, table, terms } from "../widgets/elements.js";

/** @import { Shown } from "../page/late_panel.js" */

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
    try {
      const insights = await readInsights(result.ticker);
      if (this.#result === result) showInsights(insights);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#result === result) this.#showFailure(result, error);
    }
  }

  clear() {
    this.#result = null;
    byId("insights-state").textContent = "";
    byId("insights-content").hidden = true;
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

/** @param {StockInsights} insights */
function showInsights(insights) {
  const { sentences, left_out: missing, sentiment } = insights;
  byId("insights-state").textContent = sentences.length ? "" : "The data allow no comparison with the past.";
  byId("insights-source").textContent = unbroken(insightsSource(insights));
  byId("insights-sentences").replaceChildren(...sentences.map((sentence) => sentenceItem(insights, sentence)));
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
