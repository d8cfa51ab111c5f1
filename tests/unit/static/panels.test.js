import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calibrationLevels,
  describeBacktest,
  describeCalibration,
  describeChecks,
  describeComponents,
  describeGaps,
  formatOffBy,
} from "../../../static/text/panels.js";
import { plain } from "./plain.js";

const BACKTEST = {
  origins: 40,
  scored: 20,
  horizon_trading_days: 20,
  coverage: 0.8,
  calibration: "as_said",
  direction_hit_rate: 0.55,
};

test("off by is the forecast minus the actual price, in percent of the close on the forecast's day", () => {
  assert.equal(plain(formatOffBy({ price: 110, actual: 105, last_close: 100 })), "+5.0 %");
  assert.equal(plain(formatOffBy({ price: 100, actual: 105, last_close: 200 })), "−2.5 %");
});

test("a backtest is described with its counts, its coverage and its direction", () => {
  const text = plain(describeBacktest(BACKTEST, 0.8));
  assert.match(text, /^40 past forecasts, each 20 trading days ahead/);
  assert.match(text, /The last 20 count\. The 80 % interval held the price 16 times of 20\. The direction was right 55 %/);
  assert.match(describeBacktest({ ...BACKTEST, calibration: "too_narrow" }, 0.8), /too narrow now\. The direction/);
  assert.match(describeBacktest({ ...BACKTEST, direction_hit_rate: null }, 0.8), /none predicted a direction\.$/);
  assert.match(describeBacktest(null, 0.8), /too short/);
});

test("seen levels are counted on the scored points only", () => {
  const points = [0.5, 0.46, 0.9, 0.02].map((pit) => ({ pit, scored: true }));
  const levels = calibrationLevels({ points: [...points, { pit: 0.5, scored: false }, { pit: null, scored: true }] });
  assert.deepEqual(levels.map(({ stated }) => stated), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  assert.deepEqual(levels.map(({ seen }) => seen), [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75]);
  assert.deepEqual(calibrationLevels({ points: [{ scored: true }] }), []);
});

test("the calibration is described with the tests that it rests on", () => {
  const scores = { coverage_50: 0.55, coverage_80: 0.75, coverage_95: 0.85, crps_ratio: 0.997, brier_up: 0.2464 };
  const words = (changes) => plain(describeCalibration({ ...scores, scored: 20, independent_tests: 20, ...changes }));
  assert.match(words(), /held the price in 55 %, 75 % and 85 % of 20 tests\. /);
  assert.match(words(), /\(CRPS\) was 0\.997 times the last price’s; below 1 is better\. The Brier score .* was 0\.246;/);
  assert.match(words({ independent_tests: 4 }), /20 tests, which overlap and are worth about 4\. /);
  assert.equal(describeCalibration({ scored: 20 }), "");
});

test("the longest gap and the days without volume are described", () => {
  const days = ["2013-01-04", "2013-01-07", "2013-01-17"].map((date, at) => ({ date, volume: at && 100 }));
  assert.equal(plain(describeGaps(days)), "Longest gap: 10 days, Mon 7 Jan 2013 to Thu 17 Jan 2013; 1 day without volume");
  assert.equal(plain(describeGaps([])), "No gaps; 0 days without volume");
});

test("the checks' findings are listed with the rows that were left out", () => {
  assert.equal(plain(describeChecks({ dropped: 2, flags: [] })), "Nothing unusual; 2 rows left out");
  assert.equal(describeChecks({ dropped: 0, flags: ["A.", "B."] }), "A.; B.");
});

test("the components' weight is described, or why there are none", () => {
  const components = { trend: [], yearly: null, changepoints: [] };
  const words = (model) => plain(describeComponents({ components, model, currency: "USD" }).intro);
  assert.match(words({ name: "blend", prophet_weight: 0.25 }), /25 % of the change that they predict/);
  assert.match(words({ name: "blend", prophet_weight: 0 }), /no weight in this forecast/);
  assert.match(words({ name: "prophet", prophet_weight: 1 }), /continues both/);
  const none = (name) => describeComponents({ components: null, model: { name }, currency: "USD" }).intro;
  assert.match(none("last_price"), /^This model has no components/);
  assert.match(none("blend"), /too short/);
});

test("the season's range is in percent of the trend", () => {
  const yearly = [
    { date: "2013-01-01", effect_pct: -3.21 },
    { date: "2013-07-01", effect_pct: 2.5 },
  ];
  const components = { trend: [], yearly, changepoints: [{}] };
  const words = describeComponents({ components, model: { name: "prophet" }, currency: "USD" });
  assert.match(plain(words.yearly), /by −3\.2 % to \+2\.5 % of the trend/);
  assert.match(plain(words.changepoints), /bent 1 time,/);
});
