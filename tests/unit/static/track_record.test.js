import assert from "node:assert/strict";
import { test } from "node:test";
import { basis, comparison, coverageRows, figureHeading, headline, missRow, monthRows, monthsReach, monthsWithFigures, monthsWords, pitRows, scoreRows } from "../../../static/track_record/words.js";
import { isRecorded } from "../../../static/track_record/line_words.js";
import { plain } from "./plain.js";

const RECORD = {
  kind: "live",
  scored: 1204,
  waiting: 98,
  tickers: 52,
  target_days: 121,
  outcomes: { scored: 1204, ended: 3, no_close: 1 },
  coverage: [
    { level: 0.5, inside: 590, fraction: 0.49 },
    { level: 0.8, inside: 951, fraction: 0.7899 },
    { level: 0.95, inside: 1140, fraction: 0.9468 },
  ],
  means: { abs_error_pct: 5.12, crps_pct: 3.6, brier_up: 0.248, last_price_abs_error_pct: 5.2, last_price_crps_pct: 4.0 },
};
const FEW = { ...RECORD, scored: 12, means: null, coverage: RECORD.coverage.map((one) => ({ ...one, fraction: null })) };

test("the headline states how many forecasts it rests on", () => {
  assert.equal(plain(headline(RECORD)), "Of 1204 forecasts that came due, the 80 % band held 79 %.");
});

test("the line belongs to answers of the kind that the record has", () => {
  assert.ok(isRecorded({ field: "close", history_days: null }));
  assert.ok(!isRecorded({ field: "volume", history_days: null }));
  assert.ok(!isRecorded({ field: "close", history_days: 500 }));
});

test("a replay is marked as one", () => {
  const words = "Replay, computed afterwards from older prices: Of 1204 forecasts that came due, the 80 % band held 79 %.";
  assert.equal(plain(headline({ ...RECORD, kind: "replay" })), words);
  assert.equal(plain(headline({ ...RECORD, kind: "replay_sample" })), words);
  assert.equal(figureHeading("The largest misses", "replay_sample"), "The largest misses (replay)");
  assert.equal(figureHeading("The largest misses", "live"), "The largest misses");
});

test("few forecasts have no percentage", () => {
  assert.equal(headline(FEW), "12 forecasts came due. Below 20, a percentage would mean nothing.");
  assert.equal(headline({ ...FEW, scored: 1 }), "1 forecast came due. Below 20, a percentage would mean nothing.");
  assert.equal(headline({ ...FEW, scored: 0 }), "No forecast has come due yet.");
  assert.deepEqual(scoreRows(FEW), []);
  assert.equal(comparison(FEW), "");
});

test("what has no score is said with its reason", () => {
  assert.equal(
    basis(RECORD),
    "They are of 52 stocks and 121 days; periods that overlap count each. 98 forecasts wait for their day. " +
      "Without a score: 1 have no close on their day. Without a score: 3 are of stocks without later closes.",
  );
  assert.equal(basis({ ...RECORD, scored: 0, waiting: 1, outcomes: {} }), "1 forecast waits for its day.");
});

test("the comparison with the last price goes both ways", () => {
  const with_ = (crps) => comparison({ ...RECORD, means: { ...RECORD.means, crps_pct: crps } });
  assert.match(plain(with_(3.6)), /was 10 % smaller than that of the last price/);
  assert.match(plain(with_(4.4)), /was 10 % larger/);
  assert.equal(with_(4.0), "The forecasts were as close as the last price.");
});

test("the tables have the counts beside the fractions", () => {
  assert.deepEqual(coverageRows(RECORD)[1].map(plain), ["80 %", "79 %", "951 of 1204"]);
  assert.deepEqual(pitRows([3, 4])[1].map(plain), ["10 to 20 %", "4"]);
  assert.deepEqual(scoreRows(RECORD)[0].map(plain), ["Price", "5.1 %", "5.2 %"]);
});

const MONTHS = [
  { month: "2026-04", forecasts: 240, target_days: 21, crps_difference: -0.021, standard_error: 0.012 },
  { month: "2026-05", forecasts: 25, target_days: 3, crps_difference: 0.03, standard_error: null },
  { month: "2026-06", forecasts: 19, target_days: 19, crps_difference: null, standard_error: null },
];

test("each month, the newest first, has its difference and two standard errors, where there are enough forecasts", () => {
  assert.deepEqual(monthRows(MONTHS).map((row) => row.map(plain)), [
    ["2026-06", "", "19"],
    ["2026-05", "+3.0 %", "25"],
    ["2026-04", "−2.1 % ± 2.4 %", "240"],
  ]);
});

test("the picture of the months spans every bar, and is left out without a figure", () => {
  assert.equal(monthsReach(MONTHS), 0.045);
  assert.equal(monthsReach(MONTHS.slice(2)), 0);
  assert.equal(monthsReach([{ ...MONTHS[0], crps_difference: 0, standard_error: 0 }]), 0.01);
  assert.match(plain(monthsWords(MONTHS, 0.045)), /covers 2026-04 to 2026-06 and is ±4.5 % high/);
  assert.match(plain(monthsWords(MONTHS.slice(1, 2), 0.045)), /covers 2026-05 and is/);
});

test("a miss names its stock, its days and its error", () => {
  const forecast = {
    ticker: "AAPL",
    days: 30,
    as_of: "2013-03-01",
    target_date: "2013-04-01",
    quantiles: [1, 2, 3, 400, 5, 6, 7],
    outcome: { actual: 500, error_pct: -25 },
  };
  assert.deepEqual(missRow(forecast).map(plain).slice(4), ["400.00", "500.00", "−25.0 %"]);
  assert.equal(missRow({ ...forecast, days: 1, outcome: null })[1], "1 day");
});

test("the picture of the months begins and ends with a month that has a figure", () => {
  const months = [null, 0.1, null, -0.2, null].map((difference, index) => ({ month: `2026-0${index + 1}`, crps_difference: difference }));
  assert.deepEqual(monthsWithFigures(months).map(({ month }) => month), ["2026-02", "2026-03", "2026-04"]);
  assert.deepEqual(monthsWithFigures([months[0]]), []);
});
