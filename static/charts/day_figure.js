/** The chart of a day's bars. Pure functions. */

import { formatDate } from "../text/formats.js";
import { baseLayout } from "./axes.js";
import { candles } from "./traces.js";

/** @import { Figure, Theme } from "./axes.js" */
/** @import { Day } from "../text/day.js" */

/**
 * The bars as candles at their starts, and the last close before the day as a dotted line.
 *
 * @param {Day} day
 * @param {Day|undefined} before
 * @param {string} currency
 * @returns {(theme: Theme) => Figure}
 */
export function dayFigure({ date, bars }, before, currency) {
  return (theme) => {
    const points = bars.map(({ time, open, high, low, close, volume }) => {
      return { date: `${date}T${time}`, open, high, low, close, volume };
    });
    const layout = baseLayout(theme, currency, bars.flatMap(({ low, high }) => [low, high]));
    Object.assign(layout.xaxis, { tickformat: "%H:%M", hoverformat: "%H:%M", fixedrange: true });
    Object.assign(layout.yaxis, { fixedrange: true });
    return {
      data: [...closeBefore(points, before, theme), { ...candles(points, theme), name: "Bar" }],
      layout: { ...layout, dragmode: false, annotations: [...layout.annotations, ...labelOfClose(points, before)] },
    };
  };
}

/**
 * @param {{date: string}[]} points
 * @param {Day|undefined} before
 */
function labelOfClose(points, before) {
  const close = before?.bars.at(-1)?.close;
  if (!before || close === undefined) return [];
  const text = `close of ${formatDate(before.date)}`;
  return [{ text, x: points[0]?.date, y: close, xanchor: "left", yanchor: "bottom", showarrow: false }];
}

/**
 * @param {{date: string}[]} points
 * @param {Day|undefined} before
 * @param {Theme} theme
 */
function closeBefore(points, before, theme) {
  const close = before?.bars.at(-1)?.close;
  if (!before || close === undefined) return [];
  return [
    {
      x: points.map((point) => point.date),
      y: points.map(() => close),
      mode: "lines",
      name: `Close of ${formatDate(before.date)}`,
      line: { color: theme.muted, width: 1, dash: "dot" },
      hovertemplate: "%{y}",
    },
  ];
}
