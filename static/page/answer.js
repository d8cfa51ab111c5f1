/** The answer: its headline and key figures, and one tab for each panel. */

import { PriceHistory } from "../api/prices.js";
import { clear } from "../charts/plotly.js";
import { showBacktest } from "../panels/backtest.js";
import { Comparison } from "../panels/comparison.js";
import { showComponents } from "../panels/components.js";
import { showData } from "../panels/data.js";
import { ForecastPanel } from "../panels/forecast.js";
import { showRisk } from "../panels/risk.js";
import { dataNotices, headlineParts, keyFigures } from "../text/answer.js";
import { NO_BREAK } from "../text/formats.js";
import { byId, element, terms } from "../widgets/elements.js";
import { Tabs } from "../widgets/tabs.js";

export class Answer {
  #watchlist;
  #forecast = new ForecastPanel();
  #comparison = new Comparison();
  #tabs = new Tabs(byId("tabs"), (panelId) => this.#showPanel(panelId));
  /** @type {{result: FinishedForecast, history: PriceHistory}|null} */
  #shown = null;

  /** @param {import("./watchlist.js").Watchlist} watchlist */
  constructor(watchlist) {
    this.#watchlist = watchlist;
    watchlist.onChange(() => this.#updateWatchButton());
    byId("watch").addEventListener("click", () => this.#toggleWatched());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#showPanel(this.#tabs.shownPanel));
  }

  /**
   * Show a result.
   *
   * @param {FinishedForecast} result
   */
  show(result) {
    const history = new PriceHistory(result);
    this.#shown = { result, history };
    const { lead, price, range } = headlineParts(result);
    byId("answer-lead").textContent = lead;
    byId("answer-price").textContent = price;
    byId("answer-range").textContent = range;
    byId("answer-verdict").textContent = result.verdict.replaceAll(" %", `${NO_BREAK}%`);
    byId("answer-notices").replaceChildren(...dataNotices(result, new Date()).map((text) => element("li", text)));
    byId("answer-figures").replaceChildren(...terms(keyFigures(result)));
    this.#updateWatchButton();
    if (this.#watchlist.has(result.ticker)) this.#watchlist.add(result);
    byId("answer").hidden = false;
    byId("tab-risk").hidden = !result.risk;
    this.#forecast.show(result, history);
    this.#tabs.show("tab-forecast");
  }

  /** Remove the answer and its charts. */
  clear() {
    this.#shown = null;
    byId("answer").hidden = true;
    this.#forecast.clear();
    this.#comparison.clear();
    for (const chart of document.querySelectorAll("#answer .drawing")) {
      if (chart instanceof HTMLElement) clear(chart);
    }
  }

  /**
   * Draw a panel in the colours and the size of now.
   *
   * @param {string} panelId
   */
  #showPanel(panelId) {
    if (!this.#shown) return;
    const { result, history } = this.#shown;
    if (panelId === "panel-forecast") this.#forecast.redraw();
    if (panelId === "panel-risk") showRisk(result);
    if (panelId === "panel-backtest") showBacktest(result);
    if (panelId === "panel-components") showComponents(result, history);
    if (panelId === "panel-compare") this.#comparison.show(result.ticker);
    if (panelId === "panel-data") showData(result, history);
  }

  #toggleWatched() {
    if (!this.#shown) return;
    const { result } = this.#shown;
    if (this.#watchlist.has(result.ticker)) this.#watchlist.remove(result.ticker);
    else this.#watchlist.add(result);
    this.#updateWatchButton();
  }

  #updateWatchButton() {
    if (!this.#shown) return;
    const { ticker } = this.#shown.result;
    byId("watch").textContent = `Watch ${ticker}`;
    byId("watch").setAttribute("aria-pressed", String(this.#watchlist.has(ticker)));
  }
}
