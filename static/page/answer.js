/** The answer: its headline and key figures, and one tab for each panel. */

import { PriceHistory } from "../api/prices.js";
import { clear } from "../charts/plotly.js";
import { showData } from "../panels/data.js";
import { ForecastPanel } from "../panels/forecast.js";
import { fieldOf, isStandard } from "../text/fields.js";
import { dataNotices, headlineParts, keyFigures } from "../text/answer.js";
import { NO_BREAK } from "../text/formats.js";
import { byId, element, terms } from "../widgets/elements.js";
import { Tabs } from "../widgets/tabs.js";
import { LatePanel } from "./late_panel.js";

/** @import { Shown } from "./late_panel.js" */

const ANALYSIS_STYLES = "static/styles/analyses.css";

export class Answer {
  #watchlists;
  #forecast;
  /** @type {Record<string, LatePanel|undefined>} */
  #latePanels = latePanels();
  #tabs = new Tabs(byId("tabs"), (panelId) => this.#showPanel(panelId));
  /** @type {Shown|null} */
  #shown = null;

  /**
   * @param {import("../watchlists/watchlists.js").Watchlists} watchlists
   * @param {import("../alerts/alerts.js").Alerts} alerts
   */
  constructor(watchlists, alerts) {
    this.#watchlists = watchlists;
    this.#forecast = new ForecastPanel((draft) => alerts.openForm(draft, byId("line-alert")));
    watchlists.onChange(() => this.#updateWatchButton());
    byId("watch").addEventListener("click", () => this.#toggleWatched());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#showPanel(this.#tabs.shownPanel));
  }

  /**
   * Show a result.
   *
   * @param {FinishedForecast} result
   * @param {string|null} tab that the address names, if it is one of those with an address
   */
  show(result, tab) {
    const history = new PriceHistory(result);
    this.#shown = { result, history };
    const { lead, price, range } = headlineParts(result);
    byId("answer-lead").textContent = lead;
    byId("answer-price").textContent = price;
    byId("answer-range").textContent = range;
    byId("answer-verdict").textContent = result.verdict.replaceAll(" %", `${NO_BREAK}%`);
    byId("answer-record").replaceChildren();
    // The record and the lists have forecasts of the close only.
    if (isStandard(result)) this.#showRecord(result);
    byId("watch").hidden = !isStandard(result);
    byId("answer-notices").replaceChildren(...dataNotices(result, new Date()).map((text) => element("li", text)));
    byId("answer-figures").replaceChildren(...terms(keyFigures(result)));
    byId("watch-problem").textContent = "";
    this.#updateWatchButton();
    byId("answer").hidden = false;
    byId("tab-risk").hidden = !result.risk;
    byId("tab-components").hidden = fieldOf(result) === "volume";
    this.#offerDay(result);
    this.#forecast.show(result, history);
    this.#tabs.show(`panel-${tab}` in this.#latePanels ? `tab-${tab}` : "tab-forecast");
  }

  /** Remove the answer and its charts. */
  clear() {
    this.#shown = null;
    byId("answer").hidden = true;
    this.#forecast.clear();
    for (const panel of Object.values(this.#latePanels)) panel?.clear();
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
    if (panelId === "panel-data") showData(result, history);
    this.#latePanels[panelId]?.show(this.#shown);
  }

  /**
   * Show how earlier forecasts of the stock came out. The answer neither waits for this nor depends on it.
   *
   * @param {FinishedForecast} result
   */
  async #showRecord(result) {
    const line = await import("../track_record/line.js").then(({ readLine }) => readLine(result)).catch(() => null);
    if (line && this.#shown?.result === result) byId("answer-record").replaceChildren(line);
  }

  /**
   * Show the tab of the day if there are prices within the day.
   *
   * @param {FinishedForecast} result
   */
  async #offerDay(result) {
    byId("tab-day").hidden = true;
    const found = await import("../api/bars.js").then(({ barIntervals }) => barIntervals(result.ticker)).catch(() => []);
    if (this.#shown?.result === result) byId("tab-day").hidden = !found.length;
  }

  async #toggleWatched() {
    if (!this.#shown) return;
    const { result } = this.#shown;
    const problem = await this.#watchlists.toggle(result);
    if (this.#shown?.result === result) byId("watch-problem").textContent = problem;
  }

  #updateWatchButton() {
    if (!this.#shown) return;
    const { ticker } = this.#shown.result;
    const watch = byId("watch");
    watch.textContent = `Watch ${ticker}`;
    watch.title = `In the list “${this.#watchlists.name}”`;
    watch.setAttribute("aria-pressed", String(this.#watchlists.has(ticker)));
  }
}

/** Return the panels that are loaded when they are first shown, by their ids. */
function latePanels() {
  return {
    "panel-risk": new LatePanel(byId("panel-risk"), {
      markup: "static/panels/risk.html",
      script: () => import("../panels/risk.js").then(({ showRisk: show }) => () => withoutClearing(show)),
    }),
    "panel-insights": new LatePanel(byId("panel-insights"), {
      markup: "static/insights/panel.html",
      styles: "static/styles/insights.css",
      script: () => import("../insights/insights_panel.js").then(({ InsightsPanel: Made }) => () => new Made()),
    }),
    "panel-day": new LatePanel(byId("panel-day"), {
      markup: "static/panels/day.html",
      script: () => import("../panels/day.js").then(({ DayPanel: Made }) => () => new Made()),
    }),
    "panel-backtest": new LatePanel(byId("panel-backtest"), {
      markup: "static/panels/backtest.html",
      script: () => import("../panels/backtest.js").then(({ showBacktest: show }) => () => withoutClearing(show)),
    }),
    "panel-components": new LatePanel(byId("panel-components"), {
      markup: "static/panels/components.html",
      script: () => import("../panels/components.js").then(({ showComponents: show }) => () => withoutClearing(show)),
    }),
    "panel-compare": new LatePanel(byId("panel-compare"), {
      markup: "static/panels/comparison.html",
      script: () => import("../panels/comparison.js").then(({ Comparison: Made }) => () => new Made()),
    }),
    "panel-evaluate": new LatePanel(byId("panel-evaluate"), {
      markup: "static/evaluations/panel.html",
      styles: ANALYSIS_STYLES,
      script: () => import("../evaluations/evaluation_panel.js").then(({ EvaluationPanel: Made }) => () => new Made()),
    }),
    "panel-company": new LatePanel(byId("panel-company"), {
      markup: "static/companies/panel.html",
      styles: "static/styles/companies.css",
      script: () => import("../companies/company_panel.js").then(({ CompanyPanel: Made }) => () => new Made()),
    }),
    "panel-patterns": new LatePanel(byId("panel-patterns"), {
      markup: "static/patterns/panel.html",
      styles: ANALYSIS_STYLES,
      script: () => import("../patterns/pattern_panel.js").then(({ PatternPanel: Made }) => () => new Made()),
    }),
  };
}

/**
 * Return a panel that is filled anew for each result and keeps nothing else.
 *
 * @param {(result: FinishedForecast, history: PriceHistory) => void} fill
 */
function withoutClearing(fill) {
  /** @param {Shown} shown */
  const show = ({ result, history }) => fill(result, history);
  return { show, clear: () => {} };
}
