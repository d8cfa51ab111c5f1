import assert from "node:assert/strict";
import { test } from "node:test";
import { axisRange, logTicks, priceFormat, priceScale, weekendBreaks } from "../../../static/charts/axes.js";
import { backtestFigure, calibrationFigure, linesFigure, trendFigure, yearlyFigure } from "../../../static/charts/figures.js";
import { forecastFigure } from "../../../static/charts/forecast_figure.js";
import { equallyLikelyPrices } from "../../../static/charts/distribution.js";
import { dotColours } from "../../../static/charts/outcomes.js";
import { pngSize } from "../../../static/charts/png.js";
import { usualMonths } from "../../../static/charts/ranges.js";
import { savedView } from "../../../static/charts/saved_view.js";
import { THEME, distributed, distribution, result } from "./results.js";

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

function distributedFigure(view = {}, theme = THEME) {
  return forecastFigure(distributed(), { history: HISTORY, form: "line", range: RANGE, ...view })(theme);
}

test("a result of an older version has its interval only", () => {
  const { data, layout } = forecastFigure(result(), { history: HISTORY, form: "line", range: RANGE, hasPaths: true })(THEME);
  assert.deepEqual(data.map(({ name }) => name), ["Close", "Upper", "Lower", "Forecast", "Volume"]);
  assert.equal(layout.xaxis2, undefined);
  assert.deepEqual(layout.xaxis.domain, [0, 1]);
});

test("the bands are nested around the median and start at the last close", () => {
  const figure = distributedFigure();
  const ends = ["95 % lower", "80 % lower", "50 % lower", "Median", "50 %", "80 %", "95 %"].map((name) => trace(figure, name).y);
  assert.deepEqual(ends.map((y) => y.at(-1)), [340, 360, 385, 410, 440, 460, 495]);
  assert.ok(ends.every((y) => y[0] === 400));
  const [lowest, highest] = figure.layout.yaxis.range;
  assert.ok(lowest < 340 && highest > 495);
});

test("the dots share the axis of the prices, beside them or below them", () => {
  const wide = distributedFigure();
  const dots = trace(wide, "Outcomes");
  assert.equal(dots.y.length, 20);
  assert.deepEqual([dots.yaxis, dots.xaxis], ["y", "x2"]);
  assert.ok(wide.layout.xaxis.domain[1] < wide.layout.xaxis2.domain[0]);
  const narrow = distributedFigure({}, { ...THEME, width: 320, height: 500 });
  assert.equal(trace(narrow, "Outcomes").yaxis, "y3");
  assert.deepEqual(narrow.layout.yaxis3.range, narrow.layout.yaxis.range);
  assert.ok(narrow.layout.yaxis3.domain[1] < narrow.layout.yaxis.domain[0]);
});

test("prices far apart get a logarithmic axis, with the dots at their prices", () => {
  const history = [{ date: "2013-02-28", close: 20 }, { date: "2013-03-01", close: 400 }];
  for (const theme of [THEME, { ...THEME, width: 320, height: 500 }]) {
    const figure = distributedFigure({ history, range: ["2013-02-28", "2013-04-01"] }, theme);
    const { yaxis, annotations } = figure.layout;
    assert.equal(yaxis.type, "log");
    assert.ok(yaxis.range[0] < Math.log10(20) && yaxis.range[1] > Math.log10(495) && yaxis.range[1] < 3);
    assert.equal(annotations[0].text, "USD, log scale");
    assert.equal(annotations.at(-1).text, "20 outcomes");
    assert.deepEqual(trace(figure, "Outcomes").y, equallyLikelyPrices(distribution()));
  }
  const usual = priceScale({ forecast: [] }, [{ date: "2013-03-01", close: 20 }, { date: "2013-03-01", close: 159 }], RANGE);
  assert.equal(usual.isLogarithmic, false);
  assert.deepEqual(axisRange(usual), usual.range);
});

test("each dot is on its own side of any line", () => {
  const prices = equallyLikelyPrices(distribution());
  assert.deepEqual(trace(distributedFigure(), "Outcomes").y, prices);
});

test("dots never overlap, and the tallest stack fits", () => {
  for (const theme of [THEME, { ...THEME, width: 320, height: 500 }, { ...THEME, height: 60 }]) {
    const figure = distributedFigure({ range: ["2003-01-01", "2013-04-01"] }, theme);
    const dots = trace(figure, "Outcomes");
    const [lowest, highest] = figure.layout.yaxis.range;
    const size = (dots.marker.size / 0.86 / (theme.height * 0.9)) * (highest - lowest);
    dots.y.forEach((price, at) => {
      const below = dots.y.slice(0, at).filter((_, other) => dots.x[other] === dots.x[at]);
      assert.ok(below.every((other) => price - other >= size * 0.99));
    });
    if (theme.height > 60) assert.ok(Math.max(...dots.x) <= figure.layout.xaxis2.range[1]);
  }
});

test("the dots above the line are filled", () => {
  const colours = dotColours(distribution(), THEME, 450);
  assert.deepEqual([colours.filter((colour) => colour === THEME.accent).length, colours[0]], [4, THEME.card]);
});

test("a saved view has a title, and the line with its words", () => {
  const line = { price: 450, words: "Above $450.00: 4 of 20, 18 %." };
  for (const [theme, axis] of [[THEME, "y"], [{ ...THEME, width: 320, height: 500 }, "y3"]]) {
    const drawn = distributedFigure({}, theme);
    const { data, layout, height } = savedView(drawn, theme, { title: "AAPL: where it may end", line });
    assert.equal(data, drawn.data);
    assert.deepEqual([layout.shapes[0].yref, layout.shapes[0].y0, layout.shapes[0].x1], [axis, 450, layout.xaxis2.range[1]]);
    assert.equal(layout.annotations.at(-1).text, "AAPL: where it may end<br>Above $450.00: 4 of 20, 18 %.");
    assert.ok(Math.abs(height - theme.height - (layout.margin.t - drawn.layout.margin.t)) < 1e-9, "the chart keeps its height");
    assert.equal(drawn.layout.shapes, undefined);
  }
  const narrow = savedView(distributedFigure(), { ...THEME, width: 66 }, { title: "AAPL: where it may end", line: null });
  assert.deepEqual(narrow.layout.annotations.at(-1).text, "AAPL:<br>where it<br>may end");
  assert.deepEqual(narrow.layout.shapes, []);
});

test("sample paths are drawn if wanted, fit the chart and are called possible, not predicted", () => {
  const name = "Paths: possible, not predicted";
  assert.equal(trace(distributedFigure(), name), undefined);
  const figure = distributedFigure({ hasPaths: true });
  assert.deepEqual(trace(figure, name).y, [400, 402, 300, null, 400, 399, 520, null]);
  const [lowest, highest] = figure.layout.yaxis.range;
  assert.ok(lowest < 300 && highest > 520);
  assert.ok(figure.layout.annotations.some(({ text }) => text === name));
});

test("the calibration picture has the diagonal and the differences that chance explains", () => {
  const figure = calibrationFigure([{ stated: 0.5, seen: 0.6 }], 25)(THEME);
  assert.deepEqual(trace(figure, "This stock").y, [60]);
  assert.deepEqual(trace(figure, "Seen as stated").y, [0, 50, 100]);
  assert.ok(Math.abs(trace(figure, "Explained by chance").y[1] - 69.6) < 1e-9);
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
  assert.equal(priceScale({ forecast: [] }, [], RANGE), undefined);
  const { range: [lowest, highest] } = priceScale({ forecast: [] }, [{ date: "2013-03-01", close: 5 }], RANGE);
  assert.ok(lowest < 5 && highest > 5);
});

test("weekends are left out unless the stock is traded then", () => {
  assert.equal(weekendBreaks(HISTORY).length, 1);
  assert.deepEqual(weekendBreaks([{ date: "2013-03-02", close: 1 }]), []);
});

test("logarithmic ticks are round", () => {
  assert.deepEqual(logTicks([8, 60]).tickvals, [5, 10, 20, 50]);
  assert.deepEqual(logTicks([0.0004, 30000]).ticktext, ["0.001", "0.01", "0.10", "1", "10", "100", "1,000", "10,000"]);
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
