/**
 * The forecast's chart as plotly takes it. Beside the prices, or below them on a narrow screen, are the outcomes on the
 * target date as dots. Pure functions.
 */

import { axisRange, baseLayout, datesWithin, labelAbove, logTicks, priceFormat, priceScale, weekendBreaks } from "./axes.js";
import { OUTCOMES } from "./distribution.js";
import { eventMarks } from "./event_marks.js";
import { hasQuantiles, nestedBands, outcomeDots, pathLines } from "./outcomes.js";
import { FIELDS, fieldOf } from "../text/fields.js";
import { isVolumeUnit } from "../text/volumes.js";
import { candles, changepointsOnCloses, closeLine, forecastFan, volumeBars } from "./traces.js";

/** @import { Figure, PriceScale, Theme } from "./axes.js" */

/** @typedef {{history: PricePoint[], form: "line"|"candles", range: [string, string], hasPaths?: boolean}} View */

/** @typedef {{prices: [number, number], volume: [number, number], dots: [number, number], dates: [number, number], places: [number, number]}} Panels */

/** A chart of fewer characters' width has its dots below. */
const NARROW_CHARACTERS = 48;
/** The margins' part of the chart's height, with room for the prices' digits at its side. */
const PLOT_HEIGHT = 0.9;

/**
 * Closes or candles, volume, changepoints, and where the price may end: bands around the median, sample paths if wanted,
 * and dots. A result of an older version has its interval only.
 *
 * @param {FinishedForecast} result
 * @param {View} view
 * @returns {(theme: Theme) => Figure}
 */
export function forecastFigure(result, view) {
  return (theme) => {
    const { history, form, range } = view;
    const shownPaths = view.hasPaths ? result.sample_paths : null;
    const scale = priceScale(result, history, range, shownPaths);
    const prices = scale?.range ?? [];
    const layout = baseLayout(theme, result.currency, prices);
    const past = form === "candles" ? candles(history, theme) : { ...closeLine(history, theme), name: FIELDS[fieldOf(result)] };
    const marks = changepointsOnCloses(result.components, history, theme);
    const data = [past, ...marks, ...futureTraces(result, theme, prices, shownPaths)];
    const hasVolume = history.some(({ volume }) => Number.isFinite(volume));
    const panels = panelsOf(theme, hasVolume, Boolean(result.distribution));
    const nticks = datesWithin(theme, panels.dates[1] - panels.dates[0]);
    Object.assign(layout.xaxis, { range, rangebreaks: weekendBreaks(history), domain: panels.dates, nticks });
    const volume = { ...layout.yaxis, fixedrange: true };
    Object.assign(layout.yaxis, { fixedrange: true, domain: panels.prices });
    if (scale) {
      setScale(layout, scale, result.currency);
      data.push(...eventMarks(result, history, scale.range[0], theme));
    }
    if (hasVolume) {
      data.push(volumeBars(history, theme));
      const volumeAxis = { domain: panels.volume, nticks: 3, rangemode: "tozero", exponentformat: "B" };
      Object.assign(layout, { yaxis2: { ...volume, ...volumeAxis } });
    }
    if (shownPaths) labelPaths(layout, theme);
    if (result.distribution && scale) addDots({ data, layout }, result.distribution, theme, { panels, scale });
    return { data, layout };
  };
}

/**
 * Set the range of the prices' axis, and name it where it is logarithmic.
 *
 * @param {ReturnType<typeof baseLayout>} layout changed
 * @param {PriceScale} scale
 * @param {string} unit
 */
function setScale(layout, scale, unit) {
  Object.assign(layout.yaxis, { range: axisRange(scale) });
  if (!scale.isLogarithmic) return;
  Object.assign(layout.yaxis, { type: "log", ...logTicks(scale.range, unit) });
  for (const label of layout.annotations) label.text += isVolumeUnit(unit) ? ", log" : ", log scale";
}

/**
 * Name the sample paths. On a narrow chart, the label has a line of its own above that of the unit.
 *
 * @param {{margin: {t: number}, annotations: object[]}} layout changed
 * @param {Theme} theme
 */
function labelPaths({ margin, annotations }, theme) {
  const line = isNarrow(theme) ? 1.4 * theme.fontSize : 0;
  margin.t += line;
  annotations.push(labelAbove("Paths: possible, not predicted", 0, 1, "left", line));
}

/**
 * Return whether a chart is so narrow that its dots are below the prices.
 *
 * @param {Pick<Theme, "width"|"fontSize">} theme
 */
function isNarrow({ width, fontSize }) {
  return width < NARROW_CHARACTERS * fontSize;
}

/**
 * @param {FinishedForecast} result
 * @param {Theme} theme
 * @param {number[]} prices
 * @param {SamplePaths|null} [shownPaths]
 * @returns {object[]}
 */
function futureTraces(result, theme, prices, shownPaths) {
  const paths = shownPaths ? [pathLines(result, shownPaths, theme)] : [];
  const bands = hasQuantiles(result) ? nestedBands(result, theme, priceFormat(prices, result.currency).digits) : forecastFan(result, theme);
  return [...bands.slice(0, -1), ...paths, ...bands.slice(-1)];
}

/**
 * Return the parts of the chart's height and width that each panel has.
 *
 * @param {Theme} theme
 * @param {boolean} hasVolume
 * @param {boolean} hasDots
 * @returns {Panels}
 */
function panelsOf(theme, hasVolume, hasDots) {
  const whole = /** @type {[number, number]} */ ([0, 1]);
  if (hasDots && isNarrow(theme)) {
    return { prices: [hasVolume ? 0.57 : 0.45, 1], volume: [0.42, 0.5], dots: [0, 0.32], dates: whole, places: whole };
  }
  const prices = /** @type {[number, number]} */ ([hasVolume ? 0.22 : 0, 1]);
  return { prices, volume: [0, 0.15], dots: prices, dates: [0, hasDots ? 0.8 : 1], places: [0.82, 1] };
}

/**
 * Add the dots with their axes. Their prices are those of the chart's own axis: beside it, it is the same one.
 *
 * @param {{data: object[], layout: ReturnType<typeof baseLayout>}} figure changed
 * @param {Distribution} distribution
 * @param {Theme} theme
 * @param {{panels: Panels, scale: PriceScale}} room
 */
function addDots({ data, layout }, distribution, theme, { panels, scale }) {
  const height = theme.height * PLOT_HEIGHT * (panels.dots[1] - panels.dots[0]);
  const width = theme.width * PLOT_HEIGHT * (panels.places[1] - panels.places[0]);
  const { trace, count } = outcomeDots(distribution, theme, { scale, height, width });
  const below = isNarrow(theme);
  layout.annotations.push(labelAbove(`${OUTCOMES} outcomes`, panels.places[0], panels.dots[1], "left"));
  data.push({ ...trace, xaxis: "x2", yaxis: below ? "y3" : "y" });
  const bare = { showgrid: false, showticklabels: false, zeroline: false, fixedrange: true };
  Object.assign(layout, { xaxis2: { ...bare, domain: panels.places, range: [0, count], anchor: below ? "y3" : "y" } });
  if (below) Object.assign(layout, { yaxis3: { ...layout.yaxis, domain: panels.dots, anchor: "x2" } });
  else Object.assign(layout.yaxis, { anchor: "x2" });
}
