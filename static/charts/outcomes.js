/** The traces of a distribution, as plotly takes them: bands, dots and sample paths. Pure functions. */

import { axisRange } from "./axes.js";
import { equallyLikelyPrices, stackDots } from "./distribution.js";

/** @import { PriceScale, Theme } from "./axes.js" */

/** The bands from the outermost, each with the places of its bounds among a day's quantiles. */
const BANDS = /** @type {const} */ ([
  { name: "95 %", lower: 0, upper: 6 },
  { name: "80 %", lower: 1, upper: 5 },
  { name: "50 %", lower: 2, upper: 4 },
]);
const SMALLEST_DOT_PX = 3;
/** The largest dot, in font sizes. */
const LARGEST_DOT = 1.5;
/** A dot's part of its bin. */
const DOT_FILL = 0.86;

/**
 * Return whether every day has its quantiles, which results of older versions lack.
 *
 * @param {Pick<FinishedForecast, "forecast">} result
 */
export function hasQuantiles({ forecast }) {
  return forecast.length > 0 && forecast.every(({ quantiles }) => quantiles?.length === 7);
}

/**
 * Draw the bands inside each other, and the median, from the last value on. Those of volume begin on the first day ahead,
 * because a day's volume says little about the next.
 *
 * @param {Pick<FinishedForecast, "as_of"|"last_close"|"forecast"> & {field?: string}} result
 * @param {Theme} theme
 * @param {string} digits the format of a price
 */
export function nestedBands({ as_of, last_close, forecast, field }, theme, digits) {
  const start = field === "volume" ? [] : [{ date: as_of, quantiles: Array(7).fill(last_close) }];
  const days = [...start, ...forecast];
  const dates = days.map(({ date }) => date);
  const quantiles = days.map((day) => day.quantiles ?? []);
  const edge = { x: dates, mode: "lines", line: { width: 0 } };
  const bands = BANDS.flatMap(({ name, lower, upper }) => [
    { ...edge, name: `${name} lower`, y: quantiles.map((day) => day[lower]), hoverinfo: "skip" },
    {
      ...edge,
      name,
      y: quantiles.map((day) => day[upper]),
      customdata: quantiles.map((day) => [day[lower], day[upper]]),
      fill: "tonexty",
      fillcolor: theme.band,
      hovertemplate: `%{customdata[0]:${digits}} – %{customdata[1]:${digits}}`,
    },
  ]);
  const median = { ...edge, y: quantiles.map((day) => day[3]), line: { color: theme.accent, width: 2.5 }, hovertemplate: "%{y}" };
  return [...bands, { ...median, name: "Median" }];
}

/**
 * Draw the sample paths as one trace, with a gap between two paths.
 *
 * @param {Pick<FinishedForecast, "as_of"|"last_close">} result
 * @param {SamplePaths} paths
 * @param {Theme} theme
 */
export function pathLines({ as_of, last_close }, { dates, prices }, theme) {
  return {
    x: prices.flatMap(() => [as_of, ...dates, null]),
    y: prices.flatMap((path) => [last_close, ...path, null]),
    mode: "lines",
    name: "Paths: possible, not predicted",
    line: { color: theme.muted, width: 1 },
    hoverinfo: "skip",
  };
}

/**
 * Draw the outcomes as dots at their prices, stacked where they would cover each other. The dots are as large as fits.
 *
 * @param {Distribution} distribution
 * @param {Theme} theme
 * @param {{scale: PriceScale, height: number, width: number}} room the prices' axis, and its size in pixels
 */
export function outcomeDots(distribution, theme, { scale, height, width }) {
  const outcomes = equallyLikelyPrices(distribution);
  const [lowest, highest] = axisRange(scale);
  const places = scale.isLogarithmic ? outcomes.map(Math.log10) : outcomes;
  /** @param {number} size */
  const stacked = (size) => stackDots(places, ((highest - lowest) * size) / height);
  let size = LARGEST_DOT * theme.fontSize;
  while (size > SMALLEST_DOT_PX && (Math.max(...stacked(size)) + 1) * size > width) size -= 0.5;
  const trace = {
    x: stacked(size).map((place) => place + 0.5),
    y: outcomes,
    mode: "markers",
    name: "Outcomes",
    marker: { color: theme.accent, size: size * DOT_FILL, line: { color: theme.accent, width: 1.5 } },
    hoverinfo: "skip",
  };
  return { trace, count: width / size };
}

/**
 * Return the colour of each dot: filled above the line, hollow below.
 *
 * @param {Distribution} distribution
 * @param {Pick<Theme, "accent"|"card">} theme
 * @param {number} price of the line
 */
export function dotColours(distribution, { accent, card }, price) {
  return equallyLikelyPrices(distribution).map((each) => (each > price ? accent : card));
}
