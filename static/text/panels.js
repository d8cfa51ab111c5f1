/** The words of the answer's panels: backtest, components and data. Pure functions. */

import { currencyName, formatChange, formatDate, formatQuantity, formatShare } from "./formats.js";

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
 */
export function describeBacktest(backtest, level) {
  if (!backtest) return "The history is too short to test forecasts this far ahead.";
  const { scored, origins, horizon_trading_days, coverage, calibration, direction_hit_rate } = backtest;
  const direction =
    direction_hit_rate === null
      ? "Every forecast was the last price, so none predicted a direction."
      : `The direction was right ${formatShare(direction_hit_rate)} of the time.`;
  return (
    `${formatQuantity(origins, "past forecast")}, each ${formatQuantity(horizon_trading_days, "trading day")} ahead and made ` +
    `only from the prices known on its day. The last ${scored} count. ` +
    `The ${formatShare(level)} interval held the price ${Math.round(coverage * scored)} times of ${scored}.` +
    `${CALIBRATIONS[calibration ?? ""] ?? ""} ${direction}`
  );
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
 * @param {Pick<FinishedForecast, "components"|"model"|"currency">} result
 */
export function describeComponents({ components, model, currency }) {
  if (!components) return { intro: explainMissingComponents(model), yearly: "", changepoints: "" };
  const { yearly, changepoints } = components;
  return {
    intro:
      "Prophet splits the closes into a trend that bends at changepoints and a season that repeats every year. " +
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
