/**
 * Probabilities and outcomes of a distribution of prices, which is a list of its 99 percentiles. Pure functions.
 *
 * Between two percentiles, the normal score of the probability is linear in the logarithm of the price. Beyond the outer
 * ones, the probability falls exponentially, at the rate at which the outer two differ.
 */

import { probabilityOfScore, scoreOfProbability } from "./normal.js";

const PERCENTILES = Array.from({ length: 99 }, (_, at) => (at + 1) / 100);
const SCORES = PERCENTILES.map(scoreOfProbability);
/** The probability beyond the outer percentiles. */
const TAIL = 0.01;
export const OUTCOMES = 20;

/**
 * Return the probability of a price below `price`.
 *
 * @param {number[]} prices at the 99 percentiles, ascending
 * @param {number} price above 0
 */
export function probabilityBelow(prices, price) {
  return below(prices.map(Math.log), Math.log(price));
}

/**
 * Return the probability of a price above `price`: that below it in the mirror image.
 *
 * @param {number[]} prices at the 99 percentiles, ascending
 * @param {number} price above 0
 */
export function probabilityAbove(prices, price) {
  return below(prices.map((each) => -Math.log(each)).reverse(), -Math.log(price));
}

/**
 * Return the probability of a close at or beyond `price` on the way, or null for the last close itself.
 *
 * @param {Distribution} distribution
 * @param {number} lastClose
 * @param {number} price
 * @returns {number|null} never less than the probability of ending at or beyond the price
 */
export function chanceOfTouch({ end, highest, lowest }, lastClose, price) {
  if (price === lastClose) return null;
  const [extremes, beyond, before] =
    price > lastClose ? [highest, probabilityAbove, probabilityBelow] : [lowest, probabilityBelow, probabilityAbove];
  return Math.max(...[extremes, end].flatMap((prices) => [beyond(prices, price), 1 - before(prices, price)]));
}

/**
 * Return 20 equally likely prices, ascending: those at the probabilities 2.5 %, 7.5 %, … 97.5 %.
 *
 * @param {Distribution} distribution
 */
export function equallyLikelyPrices({ end }) {
  return Array.from({ length: OUTCOMES }, (_, at) => priceAt(end, (at + 0.5) / OUTCOMES));
}

/**
 * Return the price at a probability between those of the outer percentiles.
 *
 * @param {number[]} prices at the 99 percentiles
 * @param {number} probability
 */
export function priceAt(prices, probability) {
  const before = Math.min(Math.floor(probability * 100 + 1e-9), prices.length - 1) - 1;
  const [lower = 0, upper = 0] = [SCORES[before], SCORES[before + 1]];
  const fraction = (scoreOfProbability(probability) - lower) / (upper - lower);
  return Math.exp(between(prices.map(Math.log), before, fraction));
}

/**
 * Stack dots so that none covers another. Each keeps its own place on the axis, so that it is on the right side of a line.
 *
 * @param {number[]} places on the axis, ascending
 * @param {number} size of a dot
 * @returns {number[]} for each dot its place in the stack, from 0
 */
export function stackDots(places, size) {
  /** @type {number[]} */
  const latest = [];
  return places.map((place) => {
    const free = latest.findIndex((other) => place - other >= size);
    const height = free < 0 ? latest.length : free;
    latest[height] = place;
    return height;
  });
}

/**
 * @param {number[]} values logarithms of the percentiles, ascending
 * @param {number} value
 */
function below(values, value) {
  const after = values.findIndex((each) => each >= value);
  const [first = 0, second = 0] = values;
  const [last = 0, next = 0] = values.toReversed();
  if (after === 0) return tail(first - value, second - first);
  if (after < 0) return 1 - tail(value - last, last - next);
  const [lower = 0, upper = 0] = [values[after - 1], values[after]];
  return probabilityOfScore(between(SCORES, after - 1, (value - lower) / (upper - lower)));
}

/**
 * @param {number} distance beyond the outer percentile
 * @param {number} step between the outer two, over which the probability halves
 */
function tail(distance, step) {
  return step > 0 ? TAIL * 0.5 ** (distance / step) : 0;
}

/**
 * @param {number[]} values
 * @param {number} before
 * @param {number} fraction
 */
function between(values, before, fraction) {
  const [from = 0, to = 0] = [values[before], values[before + 1]];
  return from + (to - from) * fraction;
}
