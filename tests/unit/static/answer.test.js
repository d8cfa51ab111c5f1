import assert from "node:assert/strict";
import { test } from "node:test";
import { answerFacts, chartDescription, chartKey, dataNotices, headline, keyFigures } from "../../../static/text/answer.js";
import { plain } from "./plain.js";
import { distributed, result } from "./results.js";

const NOW = new Date("2013-03-11T12:00:00Z");

test("the headline has the date, the price and the interval", () => {
  assert.equal(plain(headline(result())), "AAPL on Mon 1 Apr 2013: $410.00, 80 % between $360.00 and $460.00.");
});

test("the key figures compare with the last close, and the backtest with the last price", () => {
  assert.deepEqual(
    keyFigures(result()).map((figure) => figure.map(plain)),
    [
      ["Last close", "$400.00", "Fri 1 Mar 2013"],
      ["Forecast change", "+2.5 %", "+$10.00 by the target date"],
      ["80 % interval", "−10.0 % to +15.0 %", "from the last close"],
      ["Off by, on average", "6.8 %", "the last price: 7.0 %"],
    ],
  );
});

test("the chance of a gain is among the key figures", () => {
  const chances = { above_last_close: 0.514, gain_over_10_pct: 0.1, loss_over_10_pct: 0.1 };
  assert.deepEqual(keyFigures(result({ chances }))[3].map(plain), ["Chance of a gain", "51 %", "of ending above the last close"]);
});

test("the bands are explained, and an interval of another level is in the headline", () => {
  assert.match(plain(chartKey(result())), /^The band is the 80 % interval\.$/);
  assert.match(plain(chartKey(distributed())), /of 50 % \(innermost\), 80 % and 95 % \(outermost\).*as below\.$/);
  const interval = { level: 0.9, lower: 350, upper: 470 };
  assert.match(plain(chartKey(distributed({ interval }))), /The headline states the 90 % interval\.$/);
});

test("without a backtest there is no error, and the last price is no change", () => {
  const figures = keyFigures(result({ backtest: null, predicted_price: 400 }));
  assert.equal(figures.length, 3);
  assert.deepEqual(figures[1].map(plain), ["Forecast change", "0.0 %", "no change"]);
});

test("the facts name the source as the API does", () => {
  const facts = Object.fromEntries(answerFacts(result()).map((pair) => pair.map(plain)));
  assert.equal(
    facts.Prices,
    "Yahoo Finance: 2518 closes from Mon 3 Mar 2003 to Fri 1 Mar 2013, fetched on Sat 2 Mar 2013",
  );
  assert.match(facts["Target date"], /30 calendar days from Fri 1 Mar 2013, the day of the last close$/);
});

test("a result of the version before, which has no source's name, shows the source", () => {
  const data = { ...result().data, source_name: undefined };
  const [, prices] = answerFacts(result({ data }));
  assert.match(prices[1], /^Yahoo: /);
});

test("the sample is called so, and has no day on which it was fetched", () => {
  const data = { ...result().data, source: "sample", source_name: "the sample data" };
  const [, prices] = answerFacts(result({ data }));
  assert.equal(plain(prices[1]), "The sample data: 2518 closes from Mon 3 Mar 2003 to Fri 1 Mar 2013");
  assert.match(dataNotices(result({ data }), NOW)[0], /^These are sample prices/);
});

test("old prices and the checks' findings are noticed", () => {
  const data = { ...result().data, stale: true, flags: ["A likely split."] };
  assert.deepEqual(dataNotices(result({ data }), NOW).map(plain), [
    "The prices end on Fri 1 Mar 2013. They are 10 days old.",
    "A likely split.",
  ]);
});

test("the chart's description has the same figures as the headline", () => {
  assert.match(plain(chartDescription(result())), /Mon 1 Apr 2013: \$410\.00 in the middle, .* 80 % interval from \$360\.00 to \$460\.00\.$/);
});
