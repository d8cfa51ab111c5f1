/** The charts of an evaluation as plotly takes them: each model's errors, their sums and its forecasts. Pure functions. */

import { baseLayout } from "./axes.js";

/** @import { Figure, Theme } from "./axes.js" */

/** @typedef {"errors"|"sums"|"forecasts"} View */

const DASHES = ["solid", "dash", "dot"];
export const YARDSTICK = "last_price";

/**
 * @param {Evaluation} evaluation
 * @param {View} view
 * @returns {(theme: Theme) => Figure}
 */
export function errorsFigure(evaluation, view) {
  return (theme) => {
    const lines = linesOf(evaluation, view);
    const layout = baseLayout(theme, view === "forecasts" ? evaluation.unit : "%", lines.flatMap(({ values }) => values));
    const zero = view === "sums" ? { zeroline: true, zerolinecolor: theme.edge } : {};
    Object.assign(layout.yaxis, { hoverformat: view === "forecasts" ? layout.yaxis.hoverformat : ".2f", ...zero });
    return { data: lines.map((line, at) => traceOf(line, at, theme)), layout: { ...layout, showlegend: true } };
  };
}

/**
 * Return the lines of a view: for `errors` the CRPS of each forecast, for `sums` how much smaller the model's errors were in
 * all than those of the yardstick, for `forecasts` the medians beside the actual values.
 *
 * @param {Evaluation} evaluation
 * @param {View} view
 * @returns {{name: string, dates: string[], values: number[], isActual: boolean}[]}
 */
export function linesOf({ origins, models, split }, view) {
  const dates = origins.map(({ target }) => target);
  const made = models.filter(({ forecasts }) => forecasts.length);
  const yardstick = made.find(({ name }) => name === YARDSTICK)?.forecasts.map(({ crps_pct }) => crps_pct) ?? [];
  if (view === "forecasts") {
    const actual = split
      ? { dates: split.values.map(({ date }) => date), values: split.values.map(({ value }) => value) }
      : { dates, values: origins.map(({ actual: value }) => value) };
    const medians = made.map(({ label, forecasts }) => lineOf(label, dates, forecasts.map(({ median }) => median)));
    return [{ ...lineOf("Actual", actual.dates, actual.values), isActual: true }, ...medians];
  }
  const errors = made.map(({ name, label, forecasts }) => ({ name, label, crps: forecasts.map(({ crps_pct }) => crps_pct) }));
  if (view === "errors") return errors.map(({ label, crps }) => lineOf(label, dates, crps));
  return errors
    .filter(({ name }) => name !== YARDSTICK)
    .map(({ label, crps }) => lineOf(label, dates, sums(crps.map((error, at) => (yardstick[at] ?? error) - error))));
}

/**
 * @param {string} name
 * @param {string[]} dates
 * @param {number[]} values
 */
function lineOf(name, dates, values) {
  return { name, dates, values, isActual: false };
}

/** @param {number[]} values */
function sums(values) {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

/**
 * Each line has its own pair of a colour and a dash.
 *
 * @param {ReturnType<typeof linesOf>[number]} line
 * @param {number} at its place
 * @param {Theme} theme
 */
function traceOf({ name, dates, values, isActual }, at, theme) {
  const colours = [theme.accent, theme.miss, theme.rise, theme.muted];
  const colour = isActual ? theme.text : colours[at % colours.length];
  const dash = isActual ? "solid" : DASHES[Math.floor(at / colours.length) % DASHES.length];
  return { x: dates, y: values, mode: "lines", name, line: { color: colour, width: isActual ? 1.5 : 2, dash }, hovertemplate: "%{y}" };
}
