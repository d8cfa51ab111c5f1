import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axisUnit,
  currencyName,
  formatChange,
  formatCount,
  formatDate,
  formatDayOfYear,
  formatDifference,
  formatMoney,
  formatNamedPrice,
  formatPoints,
  formatPrice,
  formatQuantity,
  formatShare,
} from "../../../static/text/formats.js";
import { plain } from "./plain.js";

const CASES = {
  "a price has two decimals, and more below 1": [
    formatPrice,
    [
      [0, "0.00"],
      [-0, "0.00"],
      [0.00001234, "0.00001234"],
      [0.00040137909, "0.0004014"],
      [0.0004, "0.0004"],
      [1e-8, "0.00000001"],
      [1.616e-20, "1.62e-20"],
      [0.99999, "1.00"],
      [0.0123, "0.0123"],
      [0.5, "0.50"],
      [1, "1.00"],
      [4321, "4,321.00"],
      [12345.678, "12,345.68"],
      [999999999999, "999,999,999,999.00"],
      [1e15, "1.00e+15"],
    ],
  ],
  "a change has its sign unless it rounds to zero": [
    formatChange,
    [
      [0, "0.0 %"],
      [-0, "0.0 %"],
      [-0.04, "0.0 %"],
      [0.04, "0.0 %"],
      [-2.476, "−2.5 %"],
      [12.34, "+12.3 %"],
      [123456.7, "+123,456.7 %"],
    ],
  ],
  "a difference of rates has no unit": [
    formatPoints,
    [
      [-208.67, "−208.7"],
      [0.01, "0.0"],
    ],
  ],
  "a share is in percent": [
    formatShare,
    [
      [0.8, "80 %"],
      [0.999, "99.9 %"],
    ],
  ],
  "a date has its weekday": [
    formatDate,
    [
      ["2013-03-01", "Fri 1 Mar 2013"],
      ["2024-02-29", "Thu 29 Feb 2024"],
    ],
  ],
  "a day of the year has no year": [formatDayOfYear, [["2013-12-31", "31 Dec"]]],
  "a count has commas from five digits on": [
    formatCount,
    [
      [1234, "1234"],
      [19730300, "19,730,300"],
    ],
  ],
};

for (const [name, [format, pairs]] of Object.entries(CASES)) {
  test(name, () => {
    for (const [value, text] of pairs) assert.equal(plain(format(value)), text);
  });
}

test("money has the currency's sign if everybody reads it alike, else its code", () => {
  assert.equal(formatMoney(1.5, "USD"), "$1.50");
  assert.equal(formatMoney(12345, "EUR"), "€12,345.00");
  assert.equal(plain(formatMoney(1.5, "CHF")), "1.50 CHF");
  assert.equal(plain(formatMoney(1.5, "XXX")), "1.50 (unknown currency)");
});

test("pence are not shown as pounds", () => {
  assert.equal(plain(formatMoney(72.314, "GBp")), "72.31 pence");
  assert.equal(formatMoney(72.314, "GBP"), "£72.31");
  assert.equal(axisUnit("GBp"), "pence");
  assert.equal(currencyName("ZAc"), "South African cents");
});

test("one is singular, any other count plural", () => {
  assert.equal(plain(formatQuantity(1, "day")), "1 day");
  assert.equal(plain(formatQuantity(0, "day")), "0 days");
});

test("a difference has the decimals of its price", () => {
  assert.equal(formatDifference(0.000596, 15, "USD"), "$0.00");
  assert.equal(formatDifference(0.0143, 1.0834, "USD"), "$0.01");
  assert.equal(formatDifference(0.00000138, 0.0004, "USD"), "$0.0000014");
});

test("a named price keeps its digits", () => {
  assert.deepEqual([450, 1.1049, 1234.5678, 0.0005].map((price) => formatNamedPrice(price, "USD")), ["$450.00", "$1.1049", "$1,234.5678", "$0.0005"]);
  assert.equal(plain(formatNamedPrice(450.25, "GBp")), "450.25 pence");
});

test("the name of a hundredth may stand on a line of its own", () => {
  assert.equal(formatMoney(450, "GBp"), "450.00 pence");
  assert.equal(formatMoney(450, "CHF"), "450.00\u00a0CHF");
});
