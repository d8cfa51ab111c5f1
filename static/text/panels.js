/** The words of the answer's panels: backtest, components and data. Pure functions. */

import { fieldOf, naiveOf, nounOf } from "./fields.js";
import { currencyName, formatChange, formatDate, formatLevel, formatQuantity, formatShare } from "./formats.js";

const DAY_MS = 86_400_000;

/**
 * Describe the longest stretch without a price, and the days without volume.
 *
 * @param {StoredPrice[]} prices oldest first
 */
export function describeGaps(prices) {
  let longest = { days: 0, from: "", to: "" };
  prices.forEach(({ date: to }, at) => {
    const from = prices[at - 1]?.date ?? to;
    const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
    if (days > longest.days) longest = { days, from, to };
  });
  const idle = prices.filter(({ volume }) => volume === 0).length;
  const gap = longest.days
    ? `Longest gap: ${formatQuantity(longest.days, "day")}, ${formatDate(longest.from)} to ${formatDate(longest.to)}`
    : "No gaps";
  return `${gap}; ${formatQuantity(idle, "day")} without volume`;
}

/**
 * Describe what the checks found in a series before it was stored.
 *
 * @param {Pick<StoredPrices, "dropped"|"flags">} stored
 */
export function describeChecks({ dropped, flags }) {
  const findings = flags.length ? flags.join("; ") : "Nothing unusual";
  return dropped ? `${findings}; ${formatQuantity(dropped, "row")} left out` : findings;
}

/** @type {Record<string, string|undefined>} */
const CALIBRATIONS = {
  too_narrow: " It was too narrow, and may be too narrow now.",
  too_wide: " It was too wide, and may be too wide now.",
};

/**
 * Describe a backtest, or explain why there is none.
 *
 * @param {Backtest|null} backtest
 * @param {number} level of the interval
 * @param {import("./fields.js").StockField} [field]
 */
export function describeBacktest(backtest, level, field = "close") {
  if (!backtest) return "The history is too short to test forecasts this far ahead.";
  const { scored, origins, horizon_trading_days, coverage, calibration, direction_hit_rate } = backtest;
  const direction =
    direction_hit_rate === null
      ? `Every forecast was the ${naiveOf(field)}, so none predicted a direction.`
      : `The ${field === "volume" ? "side of the usual volume" : "direction"} was right ${formatShare(direction_hit_rate)} of the time.`;
  return (
    `${formatQuantity(origins, "past forecast")}, each ${formatQuantity(horizon_trading_days, "trading day")} ahead and made ` +
    `only from the ${field === "close" ? "prices" : `${field}s`} known on its day. The last ${scored} count. ` +
    `The ${formatLevel(level)} interval held the ${nounOf(field)} ${Math.round(coverage * scored)} times of ${scored}.` +
    `${CALIBRATIONS[calibration ?? ""] ?? ""} ${direction}`
  );
}

const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * Return for stated levels the fraction of tests whose actual price was inside the central interval of that level; none
 * for results of older versions.
 *
 * @param {Backtest} backtest
 * @returns {{stated: number, seen: number}[]}
 */
export function calibrationLevels({ points }) {
  const places = points.flatMap(({ scored, pit }) => (scored && typeof pit === "number" ? [pit] : []));
  if (places.length === 0) return [];
  return LEVELS.map((stated) => {
    const inside = places.filter((place) => Math.abs(place - 0.5) <= stated / 2 + 1e-9);
    return { stated, seen: inside.length / places.length };
  });
}

/**
 * Describe how the stated probabilities compare with what came, each figure with the tests that it rests on.
 *
 * @param {Backtest} backtest
 * @param {import("./fields.js").StockField} [field]
 */
export function describeCalibration(backtest, field = "close") {
  const { coverage_50, coverage_80, coverage_95, crps_ratio, brier_up, scored: tests, independent_tests } = backtest;
  const noun = nounOf(field);
  if (!tests || !isNumber(coverage_50) || !isNumber(coverage_80) || !isNumber(coverage_95)) return "";
  const worth = independent_tests && independent_tests < tests ? `, which overlap and are worth about ${independent_tests}` : "";
  const shares = [coverage_50, coverage_80, coverage_95].map(formatShare);
  const ratio = isNumber(crps_ratio)
    ? ` The error of the whole distribution (CRPS) was ${crps_ratio.toFixed(3)} times the ${naiveOf(field)}’s; below 1 is better.`
    : "";
  const brier = isNumber(brier_up)
    ? ` The Brier score of the chance of ${riseOf(field)} was ${brier_up.toFixed(3)}; a coin scores 0.250, and lower is better.`
    : "";
  return (
    `The intervals of 50, 80 and 95 % held the ${noun} in ${shares[0]}, ${shares[1]} and ${shares[2]} of ` +
    `${formatQuantity(tests, "test")}${worth}.${ratio}${brier}`
  );
}

/** @param {import("./fields.js").StockField} field */
function riseOf(field) {
  if (field === "volume") return "more than the usual volume";
  return field === "close" ? "a gain" : "a rise";
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === "number";
}

/**
 * Format by how much a past forecast was off, in percent of the close on the day on which it was made.
 *
 * @param {Pick<BacktestPoint, "price"|"actual"|"last_close">} point
 */
export function formatOffBy({ price, actual, last_close }) {
  return formatChange(((price - actual) / last_close) * 100);
}

/**
 * Describe the components in three paragraphs. If there are none, the first one explains why.
 *
 * @param {Pick<FinishedForecast, "components"|"model"|"currency"> & {field?: import("./fields.js").StockField}} result
 */
export function describeComponents(result) {
  const { components, model, currency } = result;
  if (!components) return { intro: explainMissingComponents(model), yearly: "", changepoints: "" };
  const { yearly, changepoints } = components;
  return {
    intro:
      `Prophet splits the ${fieldOf(result)}s into a trend that bends at changepoints and a season that repeats every year. ` +
      `${describeWeight(model)} The trend is in ${currencyName(currency)}, on a scale where steady growth is a straight line.`,
    yearly: yearly
      ? `Depending on the time of the year, the season moves the price by ${formatSeasonRange(yearly)} of the trend.`
      : "The history is too short for a yearly season: that takes two years of prices.",
    changepoints: changepoints.length
      ? `The trend bent ${formatQuantity(changepoints.length, "time")}, at the diamonds. ` +
        "The table lists by how many percentage points a year the growth changed at each."
      : "The trend never bent: it grew at one rate all the time.",
  };
}

/** @param {ModelUsed} model */
function explainMissingComponents({ name }) {
  return name === "last_price"
    ? "This model has no components: its forecast is the last price."
    : "There are no components: the history is too short to fit Prophet, so the forecast is the last price.";
}

/** @param {ModelUsed} model */
function describeWeight({ name, prophet_weight: weight }) {
  if (name === "prophet") return "The forecast continues both to the target date.";
  if (weight === 0) {
    return "They have no weight in this forecast, which is the last price: in the backtest, they did not improve on it.";
  }
  return `${formatShare(Math.max(weight, 0.001))} of the change that they predict is in this forecast.`;
}

/** @param {SeasonPoint[]} yearly */
function formatSeasonRange(yearly) {
  const effects = yearly.map(({ effect_pct }) => effect_pct);
  return `${formatChange(Math.min(...effects))} to ${formatChange(Math.max(...effects))}`;
}
