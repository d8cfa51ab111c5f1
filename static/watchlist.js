/** The watchlist below the answer: remembered in the browser, with the latest close and its change from the server. */

import { askForecast } from "./api.js";
import { element, link, table } from "./elements.js";
import { unwatch, watch, watched } from "./memory.js";
import { tickerFacts } from "./store.js";
import { moneyWords, percentWords, shortDateWords } from "./words.js";

const HEADS = ["Ticker", "Latest close", "Change", "Forecast", "Remove"];

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
    keep(result);
    this.#draw();
    this.#readFacts(result.ticker);
  }

  /** @param {string} ticker */
  remove(ticker) {
    unwatch(ticker);
    this.#draw();
    this.#onChange();
  }

  /** Draw at once what is known, then the latest closes, then forecasts that are of an older close, one at a time. */
  async refresh() {
    this.#draw();
    await Promise.all(watched().map(({ ticker }) => this.#readFacts(ticker)));
    for (const entry of watched()) {
      if (this.#facts.get(entry.ticker)?.last > (entry.asOf ?? "")) await this.#askAgain(entry);
    }
  }

  async #readFacts(ticker) {
    const facts = await tickerFacts(ticker);
    if (!facts) return;
    this.#facts.set(ticker, facts);
    this.#draw();
  }

  async #askAgain({ ticker, days }) {
    const quietly = { signal: new AbortController().signal, onSend() {}, onStage() {}, onTrouble() {} };
    try {
      const result = await askForecast({ ticker, days }, quietly);
      if (this.has(ticker)) keep(result);
      this.#draw();
    } catch {
      // The older forecast stays, with the day for which it was made.
    }
  }

  #draw() {
    const entries = watched();
    document.getElementById("watchlist").hidden = entries.length === 0;
    const place = document.getElementById("watchlist-table");
    const controls = () => [...place.querySelectorAll("a, button")];
    const focused = controls().indexOf(document.activeElement);
    place.replaceChildren(table("Watched stocks", HEADS, entries.map((entry) => this.#row(entry))));
    // Who stood in the list stands there still, on what has moved up where a line is gone.
    if (focused >= 0) (controls()[focused] ?? controls().at(-1) ?? document.getElementById("ticker")).focus();
  }

  #row({ ticker, days, price, currency, target }) {
    const facts = this.#facts.get(ticker);
    const close = facts?.last_close;
    return [
      link(`?${new URLSearchParams({ ticker, days })}`, ticker),
      dated(close ? moneyWords(close, facts.currency) : "…", close ? shortDateWords(facts.last) : ""),
      Number.isFinite(facts?.change_pct) ? percentWords(facts.change_pct) : "…",
      dated(moneyWords(price, currency), shortDateWords(target)),
      this.#remover(ticker),
    ];
  }

  #remover(ticker) {
    const button = element("button", "×");
    button.type = "button";
    button.className = "plain remover";
    button.title = `Remove ${ticker}`;
    button.setAttribute("aria-label", `Remove ${ticker}`);
    button.addEventListener("click", () => this.remove(ticker));
    return button;
  }
}

function keep({ ticker, days, predicted_price: price, currency, target_date: target, as_of: asOf }) {
  watch({ ticker, days, price, currency, target, asOf });
}

/** A figure with its day below it. */
function dated(figure, day) {
  const made = element("span", `${figure} `);
  made.append(element("small", day));
  return made;
}
