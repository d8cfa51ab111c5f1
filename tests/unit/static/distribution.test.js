import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chanceOfTouch,
  equallyLikelyPrices,
  priceAt,
  probabilityAbove,
  probabilityBelow,
  stackDots,
} from "../../../static/charts/distribution.js";
import { probabilityOfScore, scoreOfProbability } from "../../../static/charts/normal.js";
import { lognormal } from "./results.js";

const END = lognormal(100, 0.1);
const DISTRIBUTION = { end: END, highest: lognormal(108, 0.06), lowest: lognormal(93, 0.06) };

function near(actual, expected, tolerance = 1e-12) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("normal scores and probabilities are those of the standard normal distribution", () => {
  near(probabilityOfScore(1.959963984540054), 0.975);
  near(probabilityOfScore(-1), 0.15865525393145707);
  near(scoreOfProbability(0.01), -2.3263478740408408);
  near(scoreOfProbability(0.5), 0);
});

test("a lognormal distribution is exact between its outer percentiles", () => {
  near(probabilityBelow(END, 105), 0.6871902441916128, 1e-9);
  near(probabilityAbove(END, 105), 1 - 0.6871902441916128, 1e-9);
});

test("the tails fall exponentially, and the upper one mirrors the lower one", () => {
  near(probabilityBelow(END, 70), 0.0004268047872019563, 1e-9);
  near(1 - probabilityBelow(END, 100 / 0.7), 0.0004268047872019563, 1e-9);
  assert.ok(probabilityBelow(END, 1e-8) >= 0 && probabilityBelow(END, 1e9) <= 1);
});

test("the outer percentiles themselves have their probabilities", () => {
  near(probabilityBelow(END, END[0]), 0.01, 1e-9);
  near(probabilityBelow(END, END.at(-1)), 0.99, 1e-9);
});

test("a price that cannot move has no tails", () => {
  const constant = Array(99).fill(100);
  assert.deepEqual([99, 100, 101].map((price) => probabilityBelow(constant, price)), [0, 0, 1]);
  assert.deepEqual([99, 100, 101].map((price) => probabilityAbove(constant, price)), [1, 0, 0]);
});

test("the probability never falls as the price rises", () => {
  const chances = Array.from({ length: 400 }, (_, at) => probabilityBelow(END, 60 + at / 4));
  assert.ok(chances.slice(1).every((chance, at) => chance >= chances[at]));
});

test("a touch is never less likely than ending beyond the price", () => {
  for (let price = 60; price < 160; price += 0.5) {
    const touch = chanceOfTouch(DISTRIBUTION, 100, price);
    const above = probabilityAbove(END, price);
    if (price !== 100) assert.ok(touch >= (price > 100 ? above : 1 - above) - 1e-12, String(price));
  }
  const still = { ...DISTRIBUTION, highest: Array(99).fill(100) };
  near(chanceOfTouch(still, 100, 105), probabilityAbove(END, 105));
});

test("above the last close the highest price counts, below it the lowest", () => {
  near(chanceOfTouch(DISTRIBUTION, 100, 108), 0.5);
  near(chanceOfTouch(DISTRIBUTION, 100, 93), 0.5);
  assert.equal(chanceOfTouch(DISTRIBUTION, 100, 100), null);
});

test("the 20 outcomes are the prices at 2.5 %, 7.5 % and so on", () => {
  const outcomes = equallyLikelyPrices(DISTRIBUTION);
  assert.equal(outcomes.length, 20);
  near(outcomes[0], 100 * Math.exp(-0.1959963984540054), 0.01);
  near(priceAt(END, 0.5), 100);
  near(priceAt(END, 0.99), END[98], 1e-9);
  assert.ok(outcomes.every((price, at) => at === 0 || price > outcomes[at - 1]));
});

test("a dot that would cover another is stacked on it", () => {
  assert.deepEqual(stackDots([1, 2, 11, 11.5, 12, 30], 10), [0, 1, 0, 2, 1, 0]);
});
