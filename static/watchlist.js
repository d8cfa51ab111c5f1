/** The watchlist below the answer: remembered in the browser, with the latest close and its change from the server. */

import { element, link, table } from "./elements.js";
import { unwatch, watch, watched } from "./memory.js";
import { tickerFacts } from "./store.js";
import { dateWords, percentWords, priceFigures } from "./words.js";

const HEADS = ["Ticker", "Latest close", "Change", "Forecast", "For", "Remove"];

/** Shows what is watched, and is told to watch and to stop. */
export class Watchlist {
  #facts = new Map();
  #onChange = () => {};

  /** Tell `listener` when a stock is taken off the list. */
  onChange(listener) {
    this.#onChange = listener;
  }

  /** @param {string} ticker */
  has(ticker) {
    return watched().some((entry) => entry.ticker === ticker);
  }

  /** Keep the newest forecast of a stock on the list. */
  add(result) {
    const { ticker, days, predicted_price: price, currency, target_date: target } = result;
    watch({ ticker, days, price, currency, target });
    this.refresh();
  }

  /** @param {string} ticker */
  remove(ticker) {
    unwatch(ticker);
    this.#draw();
    this.#onChange();
  }

  /** Draw at once what is known, then again with the latest closes. */
  async refresh() {
    this.#draw();
    const tickers = watched().map(({ ticker }) => ticker);
    const facts = await Promise.all(tickers.map(tickerFacts));
    for (const [at, found] of facts.entries()) if (found) this.#facts.set(tickers[at], found);
    this.#draw();
  }

  #draw() {
    const entries = watched();
    document.getElementById("watchlist").hidden = entries.length === 0;
    const rows = entries.map((entry) => this.#row(entry));
    document.getElementById("watchlist-table").replaceChildren(table("Watched stocks", HEADS, rows));
  }

  #row({ ticker, days, price, currency, target }) {
    const facts = this.#facts.get(ticker);
    const close = facts?.last_close;
    return [
      link(`/?${new URLSearchParams({ ticker, days })}`, ticker),
      close ? `${priceFigures(close)} on ${dateWords(facts.last)}` : "…",
      Number.isFinite(facts?.change_pct) ? percentWords(facts.change_pct) : "…",
      `${priceFigures(price)}\u00a0${currency}`,
      dateWords(target),
      this.#remover(ticker),
    ];
  }

  #remover(ticker) {
    const button = element("button", "Remove");
    button.type = "button";
    button.className = "plain";
    button.setAttribute("aria-label", `Remove ${ticker}`);
    button.addEventListener("click", () => this.remove(ticker));
    return button;
  }
}
