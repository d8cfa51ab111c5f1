/** The chart on which a stretch of prices is marked. Pure functions. */

import { baseLayout, weekendBreaks } from "./axes.js";
import { closeLine } from "./traces.js";

/** @import { Figure, Theme } from "./axes.js" */

/**
 * The closes, with the marked stretch behind them.
 *
 * @param {PricePoint[]} history
 * @param {string} currency
 * @param {object} view
 * @param {[string, string]} view.range the first and the last day of the axis
 * @param {[string, string]|null} view.stretch the first and the last day of the marked stretch
 * @param {boolean} view.isMarking whether a drag marks a stretch
 * @returns {(theme: Theme) => Figure}
 */
export function stretchFigure(history, currency, { range, stretch, isMarking }) {
  return (theme) => {
    const shown = history.filter(({ date }) => date >= range[0] && date <= range[1]);
    const layout = baseLayout(theme, currency, shown.map(({ close }) => close));
    Object.assign(layout.xaxis, { range, rangebreaks: weekendBreaks(shown), fixedrange: true });
    Object.assign(layout.yaxis, { fixedrange: true });
    return {
      data: [closeLine(shown, theme)],
      layout: {
        ...layout,
        dragmode: isMarking ? "select" : false,
        selectdirection: "h",
        selections: [],
        newselection: { line: { color: theme.accent, width: 1, dash: "dot" } },
        shapes: stretch ? [markOf(stretch, theme)] : [],
      },
    };
  };
}

/**
 * @param {[string, string]} stretch
 * @param {Theme} theme
 */
function markOf([x0, x1], theme) {
  const line = { color: theme.accent, width: 1.5 };
  return { type: "rect", x0, x1, y0: 0, y1: 1, yref: "paper", layer: "below", fillcolor: theme.band, line };
}

/**
 * Return the first and the last trading day within two dates, or null if there is none.
 *
 * @param {PricePoint[]} history
 * @param {[string, string]} dates which may have a time of day
 * @returns {{stretch: [string, string], count: number}|null}
 */
export function tradingDaysWithin(history, [start, end]) {
  const [first, last] = start < end ? [start, end] : [end, start];
  const days = history.filter(({ date }) => date >= first.slice(0, 10) && date <= last.slice(0, 10));
  const [from, to] = [days[0]?.date, days.at(-1)?.date];
  return from && to ? { stretch: [from, to], count: days.length } : null;
}
