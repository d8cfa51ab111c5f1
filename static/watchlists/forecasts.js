/** The forecasts of a list's stocks, requested one at a time. */

import { ApiError } from "../api/exchange.js";
import { requestForecast } from "../api/forecasts.js";
import { questionQuery, shortQuestion } from "../text/questions.js";

const FIELDS = "predicted_price,currency,as_of,target_date,interval,data.stale,model.name,distribution";
/** After these failures, the other stocks of the list would fail too. */
const GENERAL = ["unreachable", "busy", "rate_limited", "unauthenticated", "forbidden"];

/** @typedef {{forecast: FinishedForecast|null, problem: ApiError|null}} Outcome */

export class ListForecasts {
  /** @type {Map<string, Outcome>} */
  #outcomes = new Map();
  #round = new AbortController();

  /**
   * Return the outcome of a stock's request, or null while there is none.
   *
   * @param {WatchedStock} stock
   * @returns {Outcome|null}
   */
  of(stock) {
    return this.#outcomes.get(keyOf(stock)) ?? null;
  }

  /**
   * Request the forecasts that are missing or older than the latest close. Stocks without stored prices are left out.
   *
   * @param {WatchedStock[]} stocks
   * @param {() => void} onOutcome called after each
   * @returns {Promise<boolean>} whether a forecast has a newer close than the list
   */
  async load(stocks, onOutcome) {
    this.#round.abort();
    this.#round = new AbortController();
    const { signal } = this.#round;
    const due = stocks.filter((stock) => this.#isDue(stock));
    for (const [at, stock] of due.entries()) {
      const outcome = await request(stock, signal);
      if (signal.aborted) return false;
      const isGeneral = GENERAL.includes(outcome.problem?.code ?? "");
      for (const each of isGeneral ? due.slice(at) : [stock]) this.#outcomes.set(keyOf(each), outcome);
      onOutcome();
      if (isGeneral) break;
    }
    return due.some((stock) => this.#isNewer(stock));
  }

  /** @param {WatchedStock} stock */
  #isNewer(stock) {
    const { as_of: day = "" } = this.of(stock)?.forecast ?? {};
    return stock.latest !== null && day > stock.latest.last;
  }

  /** @param {WatchedStock} stock */
  #isDue(stock) {
    if (!stock.latest) return false;
    const { forecast = null, problem = null } = this.of(stock) ?? {};
    return !problem && (!forecast || forecast.as_of < stock.latest.last);
  }
}

/** @param {WatchedStock} stock */
function keyOf(stock) {
  return String(questionQuery(stock));
}

/**
 * @param {WatchedStock} stock
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function request({ ticker, days, level, model }, signal) {
  try {
    const question = shortQuestion({ ticker, days, level, model });
    return { forecast: await requestForecast(question, { signal, fields: FIELDS }), problem: null };
  } catch (error) {
    return { forecast: null, problem: error instanceof ApiError ? error : new ApiError({ code: "bad_answer" }) };
  }
}
