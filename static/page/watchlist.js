/** The watchlist: stocks in the browser's storage, with their latest closes from the server. */

import { requestForecast } from "../api/forecasts.js";
import { tickerFacts } from "../api/prices.js";
import { formatChange, formatMoney, formatShortDate } from "../text/formats.js";
import { questionOf, shortQuestion } from "../text/questions.js";
import { button, byId, element, questionLink, table } from "../widgets/elements.js";
import { removeWatched, saveWatched, watchedStocks } from "./browser_storage.js";

/** @import { WatchedStock } from "./browser_storage.js" */

const HEADS = ["Ticker", "Latest close", "Change", "Forecast", "Remove"];
const UNKNOWN = "…";

export class Watchlist {
  /** @type {Map<string, StoredTicker>} */
  #facts = new Map();
  #onChange = () => {};

  /**
   * Call `listener` when a stock is removed.
   *
   * @param {() => void} listener
   */
  onChange(listener) {
    this.#onChange = listener;
  }

  /** @param {string} ticker */
  has(ticker) {
    return watchedStocks().some((stock) => stock.ticker === ticker);
  }

  /**
   * Add a stock, or replace its forecast.
   *
   * @param {FinishedForecast} result
   */
  add(result) {
    save(result);
    this.#draw();
    this.#loadFacts(result.ticker);
  }

  /** @param {string} ticker */
  remove(ticker) {
    removeWatched(ticker);
    this.#draw();
    this.#onChange();
  }

  /** Draw the stored list at once, then load the latest closes, then renew older forecasts, one at a time. */
  async refresh() {
    this.#draw();
    await Promise.all(watchedStocks().map(({ ticker }) => this.#loadFacts(ticker)));
    for (const stock of watchedStocks()) {
      const latest = this.#facts.get(stock.ticker)?.last;
      if (latest && latest > (stock.asOf ?? "")) await this.#renew(stock);
    }
  }

  /** @param {string} ticker */
  async #loadFacts(ticker) {
    const facts = await tickerFacts(ticker);
    if (!facts) return;
    this.#facts.set(ticker, facts);
    this.#draw();
  }

  /** @param {Question} question */
  async #renew({ ticker, days, level, model }) {
    try {
      const question = shortQuestion({ ticker, days, level, model });
      const result = await requestForecast(question, { signal: new AbortController().signal });
      if (this.has(ticker)) save(result);
      this.#draw();
    } catch {
      // The list shows the older forecast, with its target date.
    }
  }

  #draw() {
    const stocks = watchedStocks();
    byId("watchlist").hidden = stocks.length === 0;
    const container = byId("watchlist-table");
    const controls = () => [...container.querySelectorAll("a, button")].filter((each) => each instanceof HTMLElement);
    const focused = controls().findIndex((control) => control === document.activeElement);
    const rows = stocks.map((stock) => this.#row(stock));
    container.replaceChildren(table("Watched stocks", HEADS, rows));
    // After a removal, the control that moved up gets the focus.
    if (focused >= 0) (controls()[focused] ?? controls().at(-1) ?? byId("ticker")).focus();
  }

  /** @param {WatchedStock} stock */
  #row(stock) {
    const { ticker, price, currency, target } = stock;
    const facts = this.#facts.get(ticker);
    const close = facts?.last_close ? formatMoney(facts.last_close, facts.currency) : UNKNOWN;
    const change = facts?.change_pct;
    return [
      questionLink(stock, ticker),
      dated(close, facts?.last_close ? formatShortDate(facts.last) : ""),
      typeof change === "number" ? formatChange(change) : UNKNOWN,
      dated(formatMoney(price, currency), formatShortDate(target)),
      this.#removeButton(ticker),
    ];
  }

  /** @param {string} ticker */
  #removeButton(ticker) {
    const made = button("×", () => this.remove(ticker), "plain remover");
    made.title = `Remove ${ticker}`;
    made.setAttribute("aria-label", made.title);
    return made;
  }
}

/** @param {FinishedForecast} result */
function save(result) {
  const { predicted_price: price, currency, target_date: target, as_of: asOf } = result;
  saveWatched({ ...questionOf(result), price, currency, target, asOf });
}

/**
 * Make a figure with its date below it.
 *
 * @param {string} figure
 * @param {string} date
 */
function dated(figure, date) {
  const made = element("span", `${figure} `);
  made.append(element("small", date));
  return made;
}
