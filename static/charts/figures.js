/**
 * The smaller charts as plotly takes them. Each function takes values and returns a function of the theme. Pure functions. Dates
 * are ISO strings, which plotly places in no time zone.
 */

import { baseLayout, logTicks, priceFormat } from "./axes.js";
import { changepointMarks, closeLine, intervalBars, pointMarks } from "./traces.js";

/** @import { Figure, Theme } from "./axes.js" */

/** @typedef {{name: string, dates: string[], values: number[]}} Line */

const DASHES = ["solid", "dash", "dot", "dashdot"];
const WARM_UP_OPACITY = 0.4;
/** The normal score of a 95 % interval. */
const CHANCE_SCORE = 1.96;

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
      intervalBars(intervalName, points, bar, priceFormat(prices, currency).digits),
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
    Object.assign(layout.yaxis, { type: "log", ...logTicks(prices, currency) });
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

/**
 * The stated probability of each central interval against the fraction of tests that it held, with the diagonal and the
 * differences that chance explains.
 *
 * @param {{stated: number, seen: number}[]} levels fractions of 1
 * @param {number} tests without a common day
 * @returns {(theme: Theme) => Figure}
 */
export function calibrationFigure(levels, tests) {
  return (theme) => {
    const stated = [0, ...levels.map((level) => level.stated), 1];
    const margins = stated.map((level) => CHANCE_SCORE * Math.sqrt((level * (1 - level)) / tests));
    /** @param {number} sign */
    const bound = (sign) => stated.map((level, at) => percent(Math.min(1, Math.max(0, level + sign * (margins[at] ?? 0)))));
    const edge = { x: stated.map(percent), mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
    const data = [
      { ...edge, name: "Chance, lower", y: bound(-1) },
      { ...edge, name: "Explained by chance", y: bound(1), fill: "tonexty", fillcolor: theme.fan },
      { ...edge, name: "Seen as stated", y: stated.map(percent), line: { color: theme.edge, width: 1.5, dash: "dash" } },
      {
        x: levels.map((level) => percent(level.stated)),
        y: levels.map(({ seen }) => percent(seen)),
        mode: "lines+markers",
        name: "This stock",
        line: { color: theme.accent, width: 1.5 },
        marker: { color: theme.accent, size: 8 },
        cliponaxis: false,
        hovertemplate: "stated %{x:.0f} %, seen %{y:.0f} %<extra></extra>",
      },
    ];
    const layout = baseLayout(theme, "%", []);
    const axis = { type: "linear", range: [0, 100], fixedrange: true, dtick: 20, ticksuffix: " %" };
    Object.assign(layout.xaxis, axis, { title: { text: "Stated", standoff: 8 } });
    Object.assign(layout.yaxis, axis, { side: "left", title: { text: "Seen", standoff: 8 } });
    const margin = { ...layout.margin, r: 2 * theme.fontSize };
    return { data, layout: { ...layout, margin, hovermode: "closest", dragmode: false, annotations: [] } };
  };
}

/** @param {number} fraction */
function percent(fraction) {
  return fraction * 100;
}
