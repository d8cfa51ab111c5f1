/** Axes and layout that the charts share. Pure functions. */

import { axisUnit, formatPrice } from "../text/formats.js";
import { isVolumeUnit } from "../text/volumes.js";

/** From this price on, an axis has exponents: there is no room for twelve zeros. */
const LARGE_PRICE = 1e9;
const RANGE_MARGIN = 0.06;
/** The ratio of the highest to the lowest price from which an axis is logarithmic, as on the PNG. */
const LOGARITHMIC_FROM = 8;

/**
 * The page's colours by name, the font size and the container's size in pixels, the number of dates that fit an axis, and
 * whether a finger is the pointer.
 *
 * @typedef {object} Theme
 * @property {string} text
 * @property {string} muted
 * @property {string} line
 * @property {string} edge
 * @property {string} card
 * @property {string} accent
 * @property {string} fan
 * @property {string} band
 * @property {string} miss
 * @property {string} rise
 * @property {string} fall
 * @property {number} fontSize
 * @property {number} width
 * @property {number} height
 * @property {number} dateCount
 * @property {boolean} isTouch
 */

/**
 * The traces and the layout that plotly draws.
 *
 * @typedef {{data: object[], layout: object}} Figure
 */

/**
 * Return the layout that the charts share.
 *
 * @param {Theme} theme
 * @param {string} unit a currency, or another unit of the y axis
 * @param {(number|undefined)[]} values that the y axis covers
 */
export function baseLayout(theme, unit, values) {
  const { exponent, digits } = priceFormat(values, unit);
  const axis = { gridcolor: theme.line, linecolor: theme.line, zeroline: false, automargin: true };
  return {
    font: { family: "system-ui, sans-serif", size: theme.fontSize, color: theme.muted },
    paper_bgcolor: theme.card,
    plot_bgcolor: theme.card,
    margin: { l: 8, r: 8, t: 2 * theme.fontSize, b: 2 * theme.fontSize },
    hovermode: "x unified",
    showlegend: false,
    // On a touch screen, a drag scrolls the page; the buttons zoom.
    dragmode: theme.isTouch ? false : "zoom",
    legend: { orientation: "h", x: 0, y: -0.12, yanchor: "top" },
    hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { color: theme.text } },
    xaxis: {
      ...axis,
      type: "date",
      tickangle: 0,
      nticks: theme.dateCount,
      rangeslider: { visible: false },
      hoverformat: "%a %-d %b %Y",
    },
    yaxis: { ...axis, side: "right", exponentformat: exponent, hoverformat: digits },
    annotations: [labelAbove(axisUnit(unit), 1, 1, "right")],
  };
}

/**
 * Return a label above a point of the chart.
 *
 * @param {string} text
 * @param {number} x as a part of the chart's width
 * @param {number} y as a part of its height
 * @param {"left"|"right"} xanchor the side of the text that is at the point
 * @param {number} yshift in pixels, for a label above another
 */
export function labelAbove(text, x, y, xanchor, yshift = 0) {
  return { text, x, y, xanchor, yshift, xref: "paper", yref: "paper", yanchor: "bottom", showarrow: false };
}

/**
 * Return the number of dates that fit a part of the chart's width.
 *
 * @param {Pick<Theme, "dateCount">} theme
 * @param {number} part of the width, of 1
 */
export function datesWithin({ dateCount }, part) {
  return Math.max(3, Math.floor(dateCount * part));
}

/**
 * Return the formats of prices on an axis and beside the pointer: two decimals, or four digits below 1. By default,
 * plotly writes 0.000065 as "65µ".
 *
 * Volumes are written as "20M".
 *
 * @param {(number|undefined)[]} prices
 * @param {string} unit
 */
export function priceFormat(prices, unit) {
  if (isVolumeUnit(unit)) return { exponent: "B", digits: ",.0f" };
  const highest = Math.max(...prices.map((price) => (Number.isFinite(price) ? Math.abs(price ?? 0) : 0)));
  if (highest >= LARGE_PRICE) return { exponent: "e", digits: ".3e" };
  return { exponent: "none", digits: highest < 1 ? ".4~r" : ",.2f" };
}

/**
 * The lowest and the highest price of an axis, and whether it is logarithmic, as where one is many times the other.
 *
 * @typedef {{range: [number, number], isLogarithmic: boolean}} PriceScale
 */

/**
 * Return the scale of the prices between two dates, with a margin, or undefined if there is none.
 *
 * @param {Pick<FinishedForecast, "forecast">} result
 * @param {PricePoint[]} history
 * @param {[string, string]} dates
 * @param {SamplePaths|null} [paths] that are drawn
 * @returns {PriceScale|undefined}
 */
export function priceScale({ forecast }, history, [start, end], paths = null) {
  /** @param {{date: string}} day */
  const isWithin = ({ date }) => date >= start.slice(0, 10) && date <= end.slice(0, 10);
  const past = history.filter(isWithin);
  const prices = [
    ...past.map(({ low, close }) => low ?? close),
    ...past.map(({ high, close }) => high ?? close),
    ...forecast.filter(isWithin).flatMap(drawnBounds),
    ...(paths?.dates ?? []).flatMap((date, at) => (isWithin({ date }) ? paths?.prices.map((path) => path[at] ?? 0) ?? [] : [])),
  ];
  if (prices.length === 0) return undefined;
  const [lowest, highest] = [Math.min(...prices), Math.max(...prices)];
  if (highest / lowest > LOGARITHMIC_FROM) {
    const factor = (highest / lowest) ** RANGE_MARGIN;
    return { range: [lowest / factor, highest * factor], isLogarithmic: true };
  }
  const margin = (highest - lowest || highest) * RANGE_MARGIN;
  return { range: [lowest - margin, highest + margin], isLogarithmic: false };
}

/**
 * Return the range of an axis as plotly takes it: on a logarithmic one, powers of ten.
 *
 * @param {PriceScale} scale
 * @returns {[number, number]}
 */
export function axisRange({ range: [lowest, highest], isLogarithmic }) {
  return isLogarithmic ? [Math.log10(lowest), Math.log10(highest)] : [lowest, highest];
}

/** @param {FinishedForecast["forecast"][number]} day */
function drawnBounds({ lower, upper, quantiles }) {
  return quantiles?.length ? [quantiles[0] ?? lower, quantiles.at(-1) ?? upper] : [lower, upper];
}

/**
 * Return ticks of a logarithmic axis at 1, 2 and 5 of each power of ten: plotly's own ticks are bare digits.
 *
 * @param {number[]} prices
 * @param {string} unit
 */
export function logTicks(prices, unit) {
  const [lowest, highest] = [Math.min(...prices), Math.max(...prices)];
  const powers = [];
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest); power += 1) powers.push(10 ** power);
  const factors = powers.length > 4 ? [1] : [1, 2, 5];
  const ticks = powers.flatMap((power) => factors.map((factor) => factor * power));
  const shown = ticks.filter((tick) => tick >= lowest / 2 && tick <= highest * 2);
  return { tickvals: shown, ticktext: shown.map((tick) => (isVolumeUnit(unit) ? roundVolume(tick) : formatPrice(tick).replace(/\.00$/, ""))) };
}

/**
 * Format a round volume: 20000000 as "20M".
 *
 * @param {number} volume
 */
function roundVolume(volume) {
  const [size, letter] = [[1e9, "B"], [1e6, "M"], [1e3, "k"]].find(([least]) => volume >= Number(least)) ?? [1, ""];
  return `${Number((volume / Number(size)).toPrecision(3))}${letter}`;
}

/**
 * Return the breaks of a date axis: weekends, unless the stock is traded at weekends.
 *
 * @param {PricePoint[]} history
 */
export function weekendBreaks(history) {
  const isTraded = history.some(({ date }) => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay()));
  return isTraded ? [] : [{ bounds: ["sat", "mon"] }];
}
