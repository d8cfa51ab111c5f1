/** The marks of dividends, splits and reports at the foot of the chart. Pure functions. */

import { eventWords } from "../text/events.js";

/** @import { Theme } from "./axes.js" */

/** @type {Record<StockEvent["kind"], {name: string, symbol: string, size: number}>} */
const MARKS = {
  dividend: { name: "Dividend", symbol: "triangle-up", size: 7 },
  split: { name: "Split", symbol: "square", size: 7 },
  report: { name: "Report", symbol: "line-ns-open", size: 8 },
};

/**
 * Return a trace for each kind of event. A mark stands on the event's day, or on the next trading day: the axis leaves
 * out weekends.
 *
 * @param {Pick<FinishedForecast, "events"|"currency">} result
 * @param {PricePoint[]} history
 * @param {number} foot the lowest price in view, where the marks stand
 * @param {Theme} theme
 */
export function eventMarks({ events = [], currency }, history, foot, theme) {
  const placed = events.flatMap((event) => {
    const day = history.find(({ date }) => date >= event.date)?.date;
    return day ? [{ ...event, day }] : [];
  });
  return Object.entries(MARKS).flatMap(([kind, { name, symbol, size }]) => {
    const shown = placed.filter((event) => event.kind === kind);
    if (shown.length === 0) return [];
    return {
      x: shown.map(({ day }) => day),
      y: shown.map(() => foot),
      customdata: shown.map((event) => eventWords(event, currency)),
      mode: "markers",
      name,
      cliponaxis: false,
      marker: { symbol, size, color: theme.muted, line: { color: theme.muted, width: kind === "report" ? 1.5 : 0 } },
      hovertemplate: "%{customdata}<extra></extra>",
    };
  });
}
