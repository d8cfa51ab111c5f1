import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDots, describeLine, formatChance, priceStep, roundTo } from "../../../static/text/chances.js";
import { plain } from "./plain.js";
import { distribution, result } from "./results.js";

test("chances beyond 1 and 99 % are not told apart", () => {
  const words = [0, 0.0099, 0.01, 0.314, 0.99, 0.9901, 1].map(formatChance).map(plain);
  assert.deepEqual(words, ["less than 1 %", "less than 1 %", "1 %", "31 %", "99 %", "more than 99 %", "more than 99 %"]);
});

test("the dots below the last close are counted", () => {
  const words = plain(describeDots(result(), distribution()));
  assert.match(words, /^Each of the 20 dots is an equally likely price on Mon 1 Apr 2013\. 8 of 20 end below today’s price, \$400\.00\.$/);
});

test("an old price is not called today's", () => {
  const data = { ...result().data, stale: true };
  assert.match(describeDots(result({ data }), distribution()), /below the last close, /);
});

test("the line has its count and its chances, of ending above and of a touch", () => {
  assert.equal(plain(describeLine(result(), distribution(), 450)), "Above $450.00: 4 of 20, 18 %; touched on the way: 26 %.");
});

test("below the last close, the chance of ending lower is added, because a fall touches the line", () => {
  assert.equal(
    plain(describeLine(result(), distribution(), 380)),
    "Above $380.00: 16 of 20, 78 %. Below it: 4 of 20, 22 %; touched on the way: 60 %.",
  );
});

test("the last close has no touch, and far prices no exact chance", () => {
  assert.doesNotMatch(describeLine(result(), distribution(), 400), /touched/);
  assert.match(plain(describeLine(result(), distribution(), 4000)), /0 of 20, less than 1 %; touched on the way: less than 1 %/);
  assert.match(plain(describeLine(result({ currency: "CHF" }), distribution(), 450)), /^Above 450\.00 CHF:/);
});

test("a chance is rounded like the API's, which has four decimals", () => {
  assert.deepEqual([0.134951, 0.125, 0.009951, 0.990049].map(formatChance).map(plain), ["14 %", "13 %", "1 %", "99 %"]);
});

test("the price of the line keeps the digits that are typed", () => {
  assert.match(describeLine(result(), distribution(), 450.1049), /^Above \$450\.1049: /);
  assert.match(describeLine(result({ currency: "GBp" }), distribution(), 450), /^Above 450\.00 pence: /);
});

test("the line moves by round steps of about half a percent", () => {
  assert.deepEqual([430, 90, 1000, 0.000065].map(priceStep).map((step) => Number(step.toPrecision(6))), [2, 0.2, 5, 2e-7]);
  assert.deepEqual([roundTo(431.1, 2), roundTo(0.31, 0.1), roundTo(-5, 2)], [432, 0.3, 2]);
});
