import assert from "node:assert/strict";
import { test } from "node:test";
import { logTicks, priceFormat } from "../../../static/charts/axes.js";
import { nestedBands } from "../../../static/charts/outcomes.js";
import { answerFacts, chartDescription, headline, keyFigures, viewTitle } from "../../../static/text/answer.js";
import { describeDots } from "../../../static/text/chances.js";
import { formatAmount, formatMoney } from "../../../static/text/formats.js";
import { describeBacktest, describeCalibration } from "../../../static/text/panels.js";
import { pastName, pastOf, questionName, questionOf, questionQuery } from "../../../static/text/questions.js";
import { plain } from "./plain.js";
import { distributed, result } from "./results.js";

const VOLUME = {
  field: "volume",
  unit: "shares",
  currency: "shares",
  yardstick: 18_890_001,
  last_close: 19_730_300,
  predicted_price: 17_347_902.4,
  interval: { level: 0.8, lower: 10_915_465, upper: 29_184_027 },
};
const BACKTEST = {
  origins: 40,
  scored: 20,
  horizon_trading_days: 21,
  coverage: 0.8,
  calibration: "as_said",
  direction_hit_rate: 0.8,
  coverage_50: 0.5,
  coverage_80: 0.8,
  coverage_95: 0.95,
  crps_ratio: 0.84,
  brier_up: 0.2,
  points: [],
};
const LIMITS = { min: 60, max: 3653 };

test("a volume has shares and no decimals, a small one of a coin has some", () => {
  assert.equal(plain(formatMoney(17_347_902.4, "shares")), "17.3 M shares");
  assert.equal(plain(formatMoney(999_950, "shares")), "1 M shares");
  assert.equal(plain(formatMoney(20_000_000, "shares")), "20 M shares");
  assert.equal(plain(formatMoney(512.6, "contracts")), "513 contracts");
  assert.equal(plain(formatMoney(4.217e12, "units")), "4.22 tn units");
  assert.equal(formatAmount(0.25, "units"), "0.25");
  assert.equal(formatAmount(1234, "USD"), "1,234.00");
});

test("the answer to a question about volume is in shares, beside the usual volume", () => {
  assert.equal(
    plain(headline(result(VOLUME))),
    "AAPL’s volume on Mon 1 Apr 2013: 17.3 M shares, 80 % between 10.9 M and 29.2 M shares.",
  );
  assert.deepEqual(
    keyFigures(result(VOLUME)).map((figure) => figure.map(plain)),
    [
      ["Last volume", "19.7 M shares", "Fri 1 Mar 2013"],
      ["Usual volume", "18.9 M shares", "the median of 8 such weekdays"],
      ["Forecast change", "−8.2 %", "from the usual volume"],
      ["80 % interval", "−42.2 % to +54.5 %", "from the usual volume"],
      ["Off by, on average", "6.8 %", "the usual volume: 7.0 %"],
    ],
  );
});

test("no text on volume has a price, a gain or a currency", () => {
  const volume = distributed(VOLUME);
  const texts = [
    headline(volume),
    chartDescription(volume),
    viewTitle(volume),
    describeBacktest(BACKTEST, 0.8, "volume"),
    describeCalibration(BACKTEST, "volume"),
    ...keyFigures(volume).flat(),
    ...answerFacts(volume).filter(([term]) => term !== "Prices").flat(),
  ];
  for (const text of texts) assert.doesNotMatch(text, /price|gain|currency|\$|close of/i);
});

test("the high is named wherever the close would be", () => {
  const chances = { above_last_close: 0.514, gain_over_10_pct: 0.1, loss_over_10_pct: 0.1 };
  const high = distributed({ field: "high", unit: "USD", chances });
  assert.match(plain(headline(high)), /^AAPL’s high on Mon 1 Apr 2013: \$410\.00, /);
  assert.deepEqual(keyFigures(high)[0].map(plain), ["Last high", "$400.00", "Fri 1 Mar 2013"]);
  assert.deepEqual(keyFigures(high)[3].map(plain), ["Chance of a rise", "51 %", "of a high above the last one"]);
  assert.match(plain(describeDots(high, high.distribution)), /equally likely high on .* end below the last high, \$400\.00/);
  assert.match(describeBacktest(BACKTEST, 0.8, "high"), /only from the highs known .* held the high 16 times of 20/);
  assert.match(describeCalibration(BACKTEST, "low"), /held the low in .* the last low’s; .* the chance of a rise was/);
});

test("the bands of volume begin on the first day ahead", () => {
  const [first] = nestedBands(distributed({ field: "volume" }), { band: "", accent: "" }, "");
  const [close] = nestedBands(distributed(), { band: "", accent: "" }, "");
  assert.equal(first.x[0], "2013-03-04");
  assert.equal(close.x[0], "2013-03-01");
});

test("an axis of volume has short numbers", () => {
  assert.deepEqual(logTicks([9e6, 6e7], "shares").ticktext, ["5M", "10M", "20M", "50M"]);
  assert.deepEqual(priceFormat([2e7], "shares"), { exponent: "B", digits: ",.0f" });
});

test("field and past are in the address and in the name of a question, unless they are the usual ones", () => {
  const question = questionOf(result({ ...VOLUME, history_days: 500 }));
  assert.equal(String(questionQuery(question)), "ticker=AAPL&days=30&field=volume&history_days=500");
  assert.equal(plain(questionName(question)), "AAPL volume, 30 d, past 500 d");
  assert.equal(String(questionQuery(questionOf(result({ field: "close", history_days: null })))), "ticker=AAPL&days=30");
});

test("a length of the past is a number of days within the limits", () => {
  assert.equal(pastOf("500", LIMITS), 500);
  for (const text of ["59", "3654", "", "5e2", "-80", "80.5"]) assert.equal(pastOf(text, LIMITS), null);
  assert.deepEqual([365, 731, 1826, 500].map((days) => plain(pastName(days))), ["1 year", "2 years", "5 years", "500 days"]);
});
