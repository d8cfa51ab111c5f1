/** The words of the alerts: the sentence of a condition, the state of an alert, what may be wrong. Pure functions. */

import { savedProblem } from "./failures.js";
import { NO_BREAK, formatNamedPrice, formatQuantity, formatShortDate } from "./formats.js";
import { readPrice } from "./typed_price.js";

const NUMBER_ALONE = "Type the number alone, in the currency of the stock.";
const MOVES = { least: 1, most: 20 };
const TRADING_DAYS = { least: 1, most: 250 };
const HORIZON = { least: 1, most: 10_000 };
const PERCENT = { least: 1, most: 99 };
const OTHER_WORDS = { unauthenticated: "Alerts need an account. Ask the operator of this server for access." };

/** @import { Condition } from "../api/alerts.js" */
/** What a person has typed; `currency` is empty where it is not known. */
/** @typedef {{price: string, moves: string, days: string, percent: string, tradingDays: string, currency: string}} Typed */
/** @typedef {{condition: Condition, words: string}} ConditionInWords */

/**
 * Return the words of a failed call about alerts.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 */
export function alertProblem(failure) {
  if (failure.code === "not_found" && failure.detail) return failure.detail;
  return savedProblem(failure, OTHER_WORDS);
}

/**
 * Return the condition that a person has chosen and typed, with its words after "Tell me when TICKER"; or the problem.
 *
 * @param {string} kind
 * @param {Typed} typed
 * @returns {ConditionInWords|string}
 */
export function readCondition(kind, typed) {
  return READERS[kind]?.(typed) ?? "Choose a condition.";
}

/** @type {Record<string, ((typed: Typed) => ConditionInWords|string)|undefined>} */
const READERS = {
  above: (typed) => readLevel("above", typed),
  below: (typed) => readLevel("below", typed),
  unusual_move: ({ moves: text }) =>
    withNumber(text, "the number of usual moves", MOVES, (moves) => ({
      condition: { kind: "unusual_move", usual_moves: moves },
      words: `moves by more than ${moves} usual daily moves in a day`,
    })),
  chance_below: readChance,
  band: () => ({ condition: { kind: "band" }, words: `closes outside the 95${NO_BREAK}% range of its forecast` }),
  volatility: () => ({ condition: { kind: "volatility" }, words: "moves unusually much or little for its last two years" }),
  missing_data: ({ tradingDays: text }) =>
    withNumber(text, "the number of trading days", TRADING_DAYS, (days) => ({
      condition: { kind: "missing_data", trading_days: Math.round(days) },
      words: `has had no new close for ${formatQuantity(Math.round(days), "trading day")}`,
    })),
};

/**
 * @param {"above"|"below"} side
 * @param {Typed} typed
 * @returns {ConditionInWords|string}
 */
function readLevel(side, typed) {
  const { price, problem } = readTypedPrice(typed);
  if (price === null) return problem;
  return { condition: { kind: "price", side, price }, words: `closes ${side} ${named(price, typed)}` };
}

/**
 * @param {Typed} typed
 * @returns {ConditionInWords|string}
 */
function readChance(typed) {
  const { price, problem } = readTypedPrice(typed);
  if (price === null) return problem;
  return withNumber(typed.days, "the number of days", HORIZON, (days) =>
    withNumber(typed.percent, "the chance in percent", PERCENT, (percent) => {
      const end = `to end below ${named(price, typed)} in ${formatQuantity(Math.round(days), "day")}`;
      return {
        condition: { kind: "chance_below", price, days: Math.round(days), probability: percent / 100 },
        words: `has a chance of more than ${percent}${NO_BREAK}% ${end}`,
      };
    }),
  );
}

/**
 * Return a price in the currency of the stock, or as it was typed where the currency is not known.
 *
 * @param {number} price
 * @param {Typed} typed
 */
function named(price, { price: text, currency }) {
  return currency ? formatNamedPrice(price, currency) : text.trim();
}

/**
 * @param {Typed} typed
 * @returns {{price: number|null, problem: string}}
 */
function readTypedPrice({ price: text, currency }) {
  if (!currency && /[^\d\s.,'’+-]/.test(text)) return { price: null, problem: NUMBER_ALONE };
  return readPrice(text, currency);
}

/**
 * @param {string} text
 * @param {string} what
 * @param {{least: number, most: number}} bounds
 * @param {(number: number) => ConditionInWords|string} use
 */
function withNumber(text, what, { least, most }, use) {
  const number = text.trim() ? Number(text) : Number.NaN;
  return number >= least && number <= most ? use(number) : `Enter ${what}, from ${least} to ${most}.`;
}

/**
 * Describe the state of an alert.
 *
 * @param {Pick<AlertDetail, "enabled"|"state"|"judged_through">} alert
 */
export function describeState({ enabled, state, judged_through: day }) {
  if (!enabled) return "Paused: it is not judged.";
  const since = day ? ` Judged up to the close of ${formatShortDate(day)}.` : "";
  return state === "armed" ? `Armed.${since}` : `Waits until its condition is no longer met.${since}`;
}

/**
 * Describe the outcome of a test notification.
 *
 * @param {Pick<Delivery, "state"|"last_result">} delivery
 * @param {string} name of the channel
 */
export function describeTest({ state, last_result: result }, name) {
  if (state === "delivered") return `The test has reached ${name}.`;
  return `The test has not reached ${name}: ${result || "it is sent again later"}.`;
}
