import assert from "node:assert/strict";
import { test } from "node:test";
import { logTicks, priceFormat, priceRange, weekendBreaks } from "../../../static/charts/axes.js";
import { backtestFigure, forecastFigure, linesFigure, trendFigure, yearlyFigure } from "../../../static/charts/figures.js";
import { pngSize } from "../../../static/charts/png.js";
import { usualMonths } from "../../../static/charts/ranges.js";
import { THEME, result } from "./results.js";

const HISTORY = [
  { date: "2013-02-28", open: 395, high: 399, low: 390, close: 396, volume: 10 },
  { date: "2013-03-01", open: null, high: null, low: null, close: 400, volume: null },
];
const RANGE = ["2013-02-01", "2013-04-01"];
const POINT = { origin: "2013-01-31", target: "2013-03-01", price: 100, lower: 90, upper: 110, last_close: 100 };
const BACKTEST = {
  points: [
    { ...POINT, actual: 111, scored: false },
    { ...POINT, actual: 110, scored: true },
  ],
};

function trace({ data }, name) {
  return data.find((each) => each.name === name);
}

test("the forecast's chart starts at the last close and fills its range", () => {
  const figure = forecastFigure(result(), { history: HISTORY, form: "line", range: RANGE })(THEME);
  assert.deepEqual(trace(figure, "Forecast").y, [400, 401, 410]);
  assert.deepEqual(trace(figure, "Lower").y, [400, 390, 360]);
  assert.deepEqual(figure.layout.xaxis.range, RANGE);
  const [lowest, highest] = figure.layout.yaxis.range;
  assert.ok(lowest < 360 && highest > 460);
});

test("a day without an open is a candle at its close", () => {
  const figure = forecastFigure(result(), { history: HISTORY, form: "candles", range: RANGE })(THEME);
  assert.deepEqual(trace(figure, "Day").open, [395, 400]);
});

test("volume has an axis of its own, if it is stored", () => {
  const figure = (history) => forecastFigure(result(), { history, form: "line", range: RANGE })(THEME);
  assert.ok(figure(HISTORY).layout.yaxis2);
  assert.equal(figure([{ date: "2013-03-01", close: 400 }]).layout.yaxis2, undefined);
});

test("a changepoint is at the close of its day or the next one, and none is before the history", () => {
  const changepoints = ["2013-02-27", "2013-03-01"].map((date) => ({ date, rate_change_pct: 1 }));
  const components = { trend: [], yearly: null, changepoints };
  const marks = (first) => {
    const history = [{ date: first, close: 396 }, HISTORY[1]];
    return trace(forecastFigure(result({ components }), { history, form: "line", range: RANGE })(THEME), "Changepoint").y;
  };
  assert.deepEqual(marks("2013-02-28"), [400]);
  assert.deepEqual(marks("2013-02-26"), [400, 400]);
});

test("an actual price on the edge of its interval is inside, and a warm-up test is pale", () => {
  const figure = backtestFigure(BACKTEST, "80 % interval", "USD")(THEME);
  assert.deepEqual(trace(figure, "Actual, inside").y, [110]);
  assert.deepEqual(trace(figure, "Actual, outside").y, [111]);
  assert.deepEqual(trace(figure, "80 % interval").marker.opacity, [0.4, 1]);
});

test("each line has its dash, for readers who cannot tell colours apart", () => {
  const lines = ["A", "B", "C", "D"].map((name) => ({ name, dates: ["2013-03-01"], values: [100] }));
  const { data } = linesFigure(lines, "index")(THEME);
  assert.equal(new Set(data.map(({ line }) => line.dash)).size, 4);
});

test("the trend is on a logarithmic axis, with its changepoints on it", () => {
  const components = {
    trend: [
      { date: "2013-02-28", price: 390 },
      { date: "2013-03-01", price: 402 },
    ],
    changepoints: [{ date: "2013-03-01", rate_change_pct: -3 }],
  };
  const figure = trendFigure(components, HISTORY, "USD")(THEME);
  assert.equal(figure.layout.yaxis.type, "log");
  assert.deepEqual(trace(figure, "Changepoint").y, [402]);
});

test("the season is in percent", () => {
  const { data, layout } = yearlyFigure([{ date: "2013-01-01", effect_pct: -1 }])(THEME);
  assert.deepEqual([data[0].y, layout.annotations[0].text], [[-1], "%"]);
});

test("prices of a penny stock have four digits, huge ones an exponent", () => {
  assert.equal(priceFormat([0.000065]).digits, ".4~r");
  assert.equal(priceFormat([400, Number.NaN, undefined]).digits, ",.2f");
  assert.equal(priceFormat([1e12]).exponent, "e");
});

test("a range without prices has none, and one of equal prices still has a height", () => {
  assert.equal(priceRange({ forecast: [] }, [], RANGE), undefined);
  const [lowest, highest] = priceRange({ forecast: [] }, [{ date: "2013-03-01", close: 5 }], RANGE);
  assert.ok(lowest < 5 && highest > 5);
});

test("weekends are left out unless the stock is traded then", () => {
  assert.equal(weekendBreaks(HISTORY).length, 1);
  assert.deepEqual(weekendBreaks([{ date: "2013-03-02", close: 1 }]), []);
});

test("logarithmic ticks are round", () => {
  assert.deepEqual(logTicks([8, 60]).tickvals, [5, 10, 20, 50]);
});

test("more of the past is shown beside a longer forecast", () => {
  assert.deepEqual([7, 45, 46, 180, 365].map(usualMonths), [6, 6, 12, 12, 24]);
});

test("a PNG's size is read from its header", () => {
  const bytes = new Uint8Array(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47]);
  bytes.set([0, 0, 4, 0], 16);
  bytes.set([0, 0, 2, 0], 20);
  assert.deepEqual(pngSize(bytes), { width: 1024, height: 512 });
  assert.equal(pngSize(bytes.subarray(0, 23)), null);
  assert.equal(pngSize(new Uint8Array(24)), null);
});
