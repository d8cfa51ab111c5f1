/** The answer: words first, then the key figures, and a tab for each way of looking at it. */

import { showBacktest } from "./backtest.js";
import { clear } from "./chart.js";
import { Comparison } from "./comparison.js";
import { showComponents } from "./components.js";
import { showData } from "./data.js";
import { element, terms } from "./elements.js";
import { ForecastPanel } from "./forecast.js";
import { StoredPrices } from "./store.js";
import { Tabs } from "./tabs.js";
import { answerWords, keyFigures, noticeWords } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Answer {
  #watchlist;
  #forecast = new ForecastPanel();
  #comparison = new Comparison();
  #tabs = new Tabs(byId("tabs"), (panel) => this.#showPanel(panel));
  #result = null;
  #prices = null;

  /** @param {import("./watchlist.js").Watchlist} watchlist */
  constructor(watchlist) {
    this.#watchlist = watchlist;
    watchlist.onChange(() => this.#markWatched());
    byId("watch").addEventListener("click", () => this.#toggleWatched());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  /** Show a finished result. */
  show(result) {
    this.#result = result;
    this.#prices = new StoredPrices(result);
    const { lead, price, range } = answerWords(result);
    byId("answer-lead").textContent = lead;
    byId("answer-price").textContent = price;
    byId("answer-range").textContent = range;
    byId("answer-verdict").textContent = result.verdict ?? "";
    byId("answer-notices").replaceChildren(...noticeWords(result, new Date()).map((words) => element("li", words)));
    byId("answer-figures").replaceChildren(...terms(keyFigures(result)));
    this.#markWatched();
    if (this.#watchlist.has(result.ticker)) this.#watchlist.add(result);
    byId("answer").hidden = false;
    this.#forecast.show(result, this.#prices);
    this.#tabs.show("tab-forecast");
  }

  /** Take the answer away, with its pictures. */
  clear() {
    this.#result = null;
    byId("answer").hidden = true;
    this.#forecast.clear();
    this.#comparison.clear();
    for (const place of document.querySelectorAll("#answer .drawing")) clear(place);
  }

  /** A chart has the colours of the moment when it was drawn. */
  #redraw() {
    if (this.#result) this.#showPanel(this.#tabs.shown);
  }

  #showPanel(panel) {
    const result = this.#result;
    if (panel === "panel-forecast") this.#forecast.redraw();
    if (panel === "panel-backtest") showBacktest(result);
    if (panel === "panel-components") showComponents(result, this.#prices);
    if (panel === "panel-compare") this.#comparison.show(result.ticker);
    if (panel === "panel-data") showData(result, this.#prices);
  }

  #toggleWatched() {
    const { ticker } = this.#result;
    if (this.#watchlist.has(ticker)) this.#watchlist.remove(ticker);
    else this.#watchlist.add(this.#result);
    this.#markWatched();
  }

  #markWatched() {
    if (!this.#result) return;
    byId("watch").textContent = `Watch ${this.#result.ticker}`;
    byId("watch").setAttribute("aria-pressed", String(this.#watchlist.has(this.#result.ticker)));
  }
}
