/** The words of the risk panel: losses, chances and volatility. Pure functions. */

import { formatChance } from "./chances.js";
import { formatDate, formatPercent, formatQuantity } from "./formats.js";

/**
 * A figure with its words and its bar: `part` is the length of the bar, from 0 to 1. A mark has a place on a scale
 * instead of a length.
 *
 * @typedef {{term: string, value: string, words: string, part: number, isMark?: boolean}} RiskFigure
 */

/**
 * Describe what the risk figures cover, or explain why there are none.
 *
 * @param {FinishedForecast} result
 */
export function describeRisk({ risk, target_date }) {
  if (!risk) return "This result has no risk figures. Ask again for a new one.";
  const horizon = formatQuantity(risk.horizon_trading_days, "trading day");
  return (
    `Where the price may end, and how far it may fall on the way, over ${horizon} to ${formatDate(target_date)}. ` +
    "Losses and gains are in percent of the last close. A drawdown is a fall from the highest close before it, in percent of that close."
  );
}

/**
 * Return the losses.
 *
 * @param {Risk} risk
 * @returns {RiskFigure[]}
 */
export function losses(risk) {
  const { value_at_risk_95_pct: atRisk, expected_shortfall_95_pct: shortfall } = risk;
  const { median_drawdown_pct: median, drawdown_95_pct: large } = risk;
  const most = Math.max(atRisk, shortfall, median, large, Number.EPSILON);
  /**
   * @param {string} term
   * @param {number} percent
   * @param {string} words
   */
  const figure = (term, percent, words) => ({
    term,
    value: formatLoss(percent),
    words,
    part: Math.max(0, percent) / most,
  });
  return [
    figure("Value at risk, 95 %", atRisk, `In 19 of 20 cases, it may end no lower than ${formatBelow(atRisk)}.`),
    figure("Expected shortfall, 95 %", shortfall, `In the worst 1 of 20 cases, it may end ${formatBelow(shortfall)} on average.`),
    figure("Median drawdown", median, "The largest fall from an earlier peak is as likely to be larger than this as smaller."),
    figure("95 % drawdown", large, "In 1 of 20 cases, the largest fall from an earlier peak may be larger than this."),
  ];
}

/**
 * Return the chances of a gain and of large moves.
 *
 * @param {NonNullable<FinishedForecast["chances"]>} chances
 * @returns {RiskFigure[]}
 */
export function moveChances({ above_last_close: above, gain_over_10_pct: gain, loss_over_10_pct: loss }) {
  /**
   * @param {string} term
   * @param {number} chance
   */
  const figure = (term, chance) => ({ term, value: formatChance(chance), words: "", part: chance });
  return [
    figure("Any gain", above),
    figure("Gain of more than 10 %", gain),
    figure("Loss of more than 10 %", loss),
  ];
}

/**
 * Return the volatility and its place among those of past days.
 *
 * @param {Risk} risk
 * @returns {RiskFigure[]}
 */
export function volatility({ volatility_pct: size, volatility_percentile: place }) {
  const words =
    `The moves of the last weeks are larger than on ${formatChance(place)} of past days. ` +
    "The mark is between the calmest past day at the left and the wildest at the right.";
  return [{ term: "Volatility", value: `${formatPercent(size)} a year`, words, part: place, isMark: true }];
}

/** @param {number} loss in percent; a gain is negative */
function formatLoss(loss) {
  return loss >= 0 ? formatPercent(loss) : `none: ${formatPercent(-loss)} gain`;
}

/** @param {number} loss in percent; a gain is negative */
function formatBelow(loss) {
  return loss >= 0 ? `${formatPercent(loss)} below the last close` : `${formatPercent(-loss)} above the last close`;
}
