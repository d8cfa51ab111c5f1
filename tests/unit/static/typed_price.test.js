import assert from "node:assert/strict";
import { test } from "node:test";
import { readPrice } from "../../../static/text/typed_price.js";

/**
 * @param {string} currency
 * @param {string[]} texts
 */
function prices(currency, texts) {
  return texts.map((text) => readPrice(text, currency).price);
}

test("a number is a price, with or without separators between thousands", () => {
  assert.deepEqual(prices("USD", ["450", "450.5", "450.", ".5", "1e3", "0.0004"]), [450, 450.5, 450, 0.5, 1000, 0.0004]);
  assert.deepEqual(prices("USD", ["1,234.50", "1 234.50", "1\u202f234.50", "1’234.50", "701,234"]), [1234.5, 1234.5, 1234.5, 1234.5, 701234]);
});

test("the unit of the stock may stand before or behind the number", () => {
  assert.deepEqual(prices("USD", ["$450", "$ 450", "450 $", "450 USD", "USD 450", "450usd"]), [450, 450, 450, 450, 450, 450]);
  assert.deepEqual(prices("GBp", ["450p", "450 pence", "450 GBp", "450 GBX", "p450"]), [450, 450, 450, 450, 450]);
  assert.deepEqual(prices("GBP", ["£4.50", "4.50 GBP", "4.50 gbp"]), [4.5, 4.5, 4.5]);
  assert.deepEqual(prices("ZAc", ["345678 ZAc", "345678 ZAC"]), [345678, 345678]);
  assert.deepEqual(prices("CHF", ["450 CHF", "CHF 1'250"]), [450, 1250]);
});

test("another unit is refused: pounds are not pence, and a dollar may be any country's", () => {
  const pence = "The prices of this stock are in pence. Type the number alone.";
  for (const text of ["£4.50", "4.50 GBP", "$450", "450 gbp"]) assert.deepEqual(readPrice(text, "GBp"), { price: null, problem: pence });
  assert.equal(readPrice("450p", "GBP").problem, "The prices of this stock are in GBP. Type the number alone, or with GBP.");
  assert.equal(readPrice("$450", "CAD").problem, "The prices of this stock are in CAD. Type the number alone, or with CAD.");
  assert.equal(readPrice("450 USD", "XXX").problem, "The prices of this stock are in an unknown currency. Type the number alone.");
  assert.equal(readPrice("$450 EUR", "USD").price, null);
  assert.equal(readPrice("450 bananas", "USD").price, null);
  assert.equal(readPrice("450 constructor", "USD").price, null);
});

test("a decimal comma is refused with the way to write it", () => {
  for (const text of ["4,5", "450,50", "1 250,50", "1.250,50", "€ 450,50", "450,50 EUR"]) {
    assert.deepEqual(readPrice(text, "EUR"), { price: null, problem: "Write the decimals after a point, such as 450.50." }, text);
  }
});

test("all else is no price", () => {
  for (const text of ["", " ", "0", "-5", "+", "abc", "1e999", "1e-999", "Infinity", "NaN", ".", "$", "1.2.3", "1 2", "1,2345.6", "12 34", "--5", "5-"]) {
    assert.equal(readPrice(text, "USD").price, null, text);
    assert.ok(readPrice(text, "USD").problem.length > 0, text);
  }
});
