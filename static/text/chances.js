/** The words of the distribution: the dots, the line at a price, and the chances beyond it. Pure functions. */

import { OUTCOMES, chanceOfTouch, equallyLikelyPrices, probabilityAbove } from "../charts/distribution.js";
import { fieldOf, nounOf } from "./fields.js";
import { NO_BREAK, formatDate, formatMoney, formatNamedPrice } from "./formats.js";

/** The step of the line is about this fraction of the price. */
const STEP = 0.005;
/** The decimals of a probability in the API. Rounding like it shows the same percent everywhere. */
const DECIMALS = 4;

/**
 * Format a probability in whole percent. The model does not tell probabilities below 1 % from each other.
 *
 * @param {number} probability
 */
export function formatChance(probability) {
  const rounded = Number(probability.toFixed(DECIMALS));
  if (rounded < 0.01) return `less than 1${NO_BREAK}%`;
  return rounded > 0.99 ? `more than 99${NO_BREAK}%` : `${Math.round(rounded * 100)}${NO_BREAK}%`;
}

/**
 * Describe the dots, of which each is an equally likely price.
 *
 * @param {FinishedForecast} result
 * @param {Distribution} distribution
 */
export function describeDots(result, distribution) {
  const { last_close, currency, target_date, data } = result;
  const field = fieldOf(result);
  const below = equallyLikelyPrices(distribution).filter((price) => price < last_close).length;
  const last = data.stale || field !== "close" ? `the last ${field}` : "today’s price";
  return (
    `Each of the ${OUTCOMES} dots is an equally likely ${nounOf(field)} on ${formatDate(target_date)}. ` +
    `${countOf(below)} end below ${last}, ${formatMoney(last_close, currency)}.`
  );
}

/**
 * Describe the chances at a price: "Above $450.00: 6 of 20, 31 %; touched on the way: 52 %." Below the last close, the
 * chance of ending below the price follows, because a fall touches it.
 *
 * @param {Pick<FinishedForecast, "last_close"|"currency">} result
 * @param {Distribution} distribution
 * @param {number} price
 */
export function describeLine({ last_close, currency }, distribution, price) {
  const above = probabilityAbove(distribution.end, price);
  const count = equallyLikelyPrices(distribution).filter((each) => each > price).length;
  const words = `Above ${formatNamedPrice(price, currency)}: ${countOf(count)}, ${formatChance(above)}`;
  const below = price < last_close ? `. Below it: ${countOf(OUTCOMES - count)}, ${formatChance(1 - above)}` : "";
  const touch = chanceOfTouch(distribution, last_close, price);
  return `${words}${below}${touch === null ? "" : `; touched on the way: ${formatChance(touch)}`}.`;
}

/**
 * Return the step by which the line moves: 1, 2 or 5 times a power of ten, near half a percent of the price.
 *
 * @param {number} price
 */
export function priceStep(price) {
  const power = 10 ** Math.floor(Math.log10(price * STEP));
  return power * ([5, 2].find((factor) => price * STEP >= factor * power) ?? 1);
}

/**
 * Round a price to a multiple of `step`.
 *
 * @param {number} price
 * @param {number} step
 */
export function roundTo(price, step) {
  return Number((Math.max(1, Math.round(price / step)) * step).toPrecision(12));
}

/** @param {number} count */
function countOf(count) {
  return `${count}${NO_BREAK}of${NO_BREAK}${OUTCOMES}`;
}
