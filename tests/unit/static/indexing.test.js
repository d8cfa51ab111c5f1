import assert from "node:assert/strict";
import { test } from "node:test";
import { indexLines, monthEnds, parseTickers, valueOn } from "../../../static/charts/indexing.js";

function stock(ticker, closes) {
  const prices = Object.entries(closes).map(([date, close]) => ({ date, close }));
  return { ticker, currency: "USD", first: prices[0].date, last: prices.at(-1).date, prices };
}

test("tickers are divided by spaces, commas and semicolons, and each is taken once", () => {
  assert.deepEqual(parseTickers(" msft, ibm;MSFT  "), ["MSFT", "IBM"]);
  assert.deepEqual(parseTickers(" "), []);
});

test("all lines are 100 on the first common day and end on the last one", () => {
  const lines = indexLines([
    stock("A", { "2013-01-02": 5, "2013-01-03": 10, "2013-01-04": 11 }),
    stock("B", { "2013-01-03": 50, "2013-01-04": 25, "2013-01-07": 1 }),
  ]);
  assert.deepEqual(
    lines.map(({ values }) => values.map(Math.round)),
    [
      [100, 110],
      [100, 50],
    ],
  );
  assert.deepEqual(lines[1].dates, ["2013-01-03", "2013-01-04"]);
  assert.equal(lines[1].lastPrice, 25);
});

test("only the last two years count", () => {
  const [line] = indexLines([stock("A", { "2010-01-04": 1, "2011-03-01": 2, "2013-03-01": 3 })]);
  assert.deepEqual(line.dates, ["2011-03-01", "2013-03-01"]);
});

test("another price of the day is indexed, and days without it are left out", () => {
  const prices = [
    { date: "2013-01-02", close: 5, low: 4 },
    { date: "2013-01-03", close: 6, low: null },
    { date: "2013-01-04", close: 7, low: 6 },
  ];
  const [line] = indexLines([{ ...stock("A", { "2013-01-02": 5, "2013-01-04": 7 }), prices }], "low");
  assert.deepEqual([line.dates, line.values, line.lastPrice], [["2013-01-02", "2013-01-04"], [100, 150], 6]);
});

test("stocks without a common day have no lines", () => {
  assert.deepEqual(indexLines([stock("A", { "2010-01-04": 1 }), stock("B", { "2013-01-04": 1 })]), []);
});

test("a month is represented by its last day, and a line by its last value before", () => {
  assert.deepEqual(monthEnds(["2013-01-30", "2013-01-31", "2013-02-01"]), ["2013-01-31", "2013-02-01"]);
  assert.equal(valueOn({ dates: ["2013-01-30", "2013-02-01"], values: [100, 120] }, "2013-01-31"), 100);
});
