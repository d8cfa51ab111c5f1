/**
 * The charts as plotly takes them. Each function takes values and returns a function of the theme. Pure functions. Dates
 * are ISO strings, which plotly places in no time zone.
 */

import { baseLayout, logTicks, priceFormat, priceRange, weekendBreaks } from "./axes.js";
import {
  candles,
  changepointMarks,
  changepointsOnCloses,
  closeLine,
  forecastFan,
  intervalBars,
  pointMarks,
  volumeBars,
} from "./traces.js";

/** @import { Figure, Theme } from "./axes.js" */

/** @typedef {{name: string, dates: string[], values: number[]}} Line */

const DASHES = ["solid", "dash", "dot", "dashdot"];
const WARM_UP_OPACITY = 0.4;

/**
 * Closes or candles, volume, changepoints, and the forecast with its interval.
 *
 * @param {FinishedForecast} result
 * @param {{history: PricePoint[], form: "line"|"candles", range: [string, string]}} view
 * @returns {(theme: Theme) => Figure}
 */
export function forecastFigure(result, { history, form, range }) {
  return (theme) => {
    const past = form === "candles" ? candles(history, theme) : closeLine(history, theme);
    const marks = changepointsOnCloses(result.components, history, theme);
    const data = [past, ...marks, ...forecastFan(result, theme)];
    const prices = priceRange(result, history, range);
    const layout = baseLayout(theme, result.currency, prices ?? []);
    Object.assign(layout.xaxis, { range, rangebreaks: weekendBreaks(history) });
    Object.assign(layout.yaxis, { range: prices, fixedrange: true });
    if (!history.some(({ volume }) => Number.isFinite(volume))) return { data, layout };
    Object.assign(layout.yaxis, { domain: [0.22, 1] });
    const volumeAxis = { domain: [0, 0.15], range: undefined, nticks: 3, rangemode: "tozero", exponentformat: "B" };
    return {
      data: [...data, volumeBars(history, theme)],
      layout: { ...layout, yaxis2: { ...layout.yaxis, ...volumeAxis } },
    };
  };
}

/**
 * Each past forecast with its interval, and the actual price: a dot inside the interval, a cross outside.
 *
 * @param {Backtest} backtest
 * @param {string} intervalName
 * @param {string} currency
 * @returns {(theme: Theme) => Figure}
 */
export function backtestFigure({ points }, intervalName, currency) {
  return (theme) => {
    const inside = points.filter(({ actual, lower, upper }) => actual >= lower && actual <= upper);
    const outside = points.filter((point) => !inside.includes(point));
    /** @param {BacktestPoint[]} shown */
    const opacity = (shown) => shown.map(({ scored }) => (scored ? 1 : WARM_UP_OPACITY));
    const prices = points.flatMap(({ lower, upper, actual }) => [lower, upper, actual]);
    const bar = { color: theme.fan, opacity: opacity(points), line: { width: 0 } };
    const dash = { color: theme.accent, size: 9, symbol: "line-ew-open", line: { width: 2 } };
    const data = [
      intervalBars(intervalName, points, bar, priceFormat(prices).digits),
      pointMarks("Forecast", points, "price", dash),
      pointMarks("Actual, inside", inside, "actual", { color: theme.text, size: 6, opacity: opacity(inside) }),
      pointMarks("Actual, outside", outside, "actual", { color: theme.miss, size: 9, symbol: "x", opacity: opacity(outside) }),
    ];
    return { data, layout: { ...baseLayout(theme, currency, prices), showlegend: true, bargap: 0.6 } };
  };
}

/**
 * Several lines over dates.
 *
 * @param {Line[]} lines
 * @param {string} unit
 * @returns {(theme: Theme) => Figure}
 */
export function linesFigure(lines, unit) {
  return (theme) => {
    const colours = [theme.accent, theme.miss, theme.rise, theme.text];
    const data = lines.map(({ name, dates, values }, at) => ({
      x: dates,
      y: values,
      mode: "lines",
      name,
      line: { color: colours[at % colours.length], width: 2, dash: DASHES[at % DASHES.length] },
      hovertemplate: "%{y}",
    }));
    const values = lines.flatMap((line) => line.values);
    return { data, layout: { ...baseLayout(theme, unit, values), showlegend: true } };
  };
}

/**
 * The trend with its changepoints over the closes, on a logarithmic axis, where steady growth is a straight line.
 *
 * @param {Components} components
 * @param {PricePoint[]} history
 * @param {string} currency
 * @returns {(theme: Theme) => Figure}
 */
export function trendFigure({ trend, changepoints }, history, currency) {
  return (theme) => {
    const trendAt = new Map(trend.map(({ date, price }) => [date, price]));
    const marks = changepoints.map((bend) => ({ ...bend, price: trendAt.get(bend.date) }));
    const data = [
      { ...closeLine(history, theme), line: { color: theme.edge, width: 1 } },
      {
        x: trend.map(({ date }) => date),
        y: trend.map(({ price }) => price),
        mode: "lines",
        name: "Trend",
        line: { color: theme.accent, width: 2.5 },
        hovertemplate: "%{y}",
      },
      changepointMarks(marks, theme),
    ];
    const prices = [...history.map(({ close }) => close), ...trend.map(({ price }) => price)];
    const layout = { ...baseLayout(theme, currency, prices), showlegend: true };
    Object.assign(layout.yaxis, { type: "log", ...logTicks(prices) });
    return { data, layout };
  };
}

/**
 * The effect of each day of the year on the price, in percent.
 *
 * @param {SeasonPoint[]} yearly
 * @returns {(theme: Theme) => Figure}
 */
export function yearlyFigure(yearly) {
  return (theme) => {
    const effects = yearly.map(({ effect_pct }) => effect_pct);
    const layout = baseLayout(theme, "%", effects);
    Object.assign(layout.xaxis, { tickformat: "%b", hoverformat: "%-d %b" });
    Object.assign(layout.yaxis, { zeroline: true, zerolinecolor: theme.edge });
    const season = {
      x: yearly.map(({ date }) => date),
      y: effects,
      mode: "lines",
      name: "Season",
      line: { color: theme.accent, width: 2.5 },
      fill: "tozeroy",
      fillcolor: theme.fan,
      hovertemplate: "%{y:+.2f} %",
    };
    return { data: [season], layout };
  };
}
