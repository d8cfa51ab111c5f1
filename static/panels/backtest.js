/** The backtest's panel: each past forecast beside the actual price, in words, as a chart and as a table. */

import { backtestFigure, calibrationFigure } from "../charts/figures.js";
import { draw } from "../charts/plotly.js";
import { fieldOf, subjectOf } from "../text/fields.js";
import { currencyName, formatAmount, formatLevel, formatShare, formatShortDate } from "../text/formats.js";
import { calibrationLevels, describeBacktest, describeCalibration, formatOffBy } from "../text/panels.js";
import { byId, table } from "../widgets/elements.js";

const HEADS = ["Made on", "For", "", "Forecast", "Interval", "Actual", "Off by", "Counts"];

/**
 * Show the backtest of a result, or why there is none.
 *
 * @param {FinishedForecast} result
 */
export async function showBacktest(result) {
  const { currency, backtest, interval } = result;
  const [field, subject] = [fieldOf(result), subjectOf(result)];
  byId("backtest-words").textContent = describeBacktest(backtest, interval.level, field);
  byId("backtest-figures").hidden = !backtest;
  byId("calibration").hidden = !backtest;
  if (!backtest) return;
  showCalibration(result, backtest);
  const caption = `Past forecasts of ${subject} in ${currencyName(currency)}`;
  const heads = HEADS.map((head) => head || (field === "volume" ? "Usual volume" : `Last ${field}`));
  const rows = backtest.points.map((point) => row(point, currency)).reverse();
  byId("backtest-table").replaceChildren(table(caption, heads, rows));
  const chart = byId("backtest-chart");
  const description = `Past forecasts of ${subject} and the actual values. The table below has the figures.`;
  const figure = backtestFigure(backtest, `${formatLevel(interval.level)} interval`, currency);
  chart.hidden = !(await draw(chart, description, figure));
}

/**
 * Show the stated probabilities against what came. Results of older versions have no places of the actual prices.
 *
 * @param {FinishedForecast} result
 * @param {Backtest} backtest
 */
async function showCalibration(result, backtest) {
  const ticker = subjectOf(result);
  const levels = calibrationLevels(backtest);
  byId("calibration").hidden = levels.length === 0;
  if (levels.length === 0) return;
  byId("calibration-words").textContent = describeCalibration(backtest, fieldOf(result));
  const rows = levels.map(({ stated, seen }) => [formatShare(stated), formatShare(seen)]);
  byId("calibration-table").replaceChildren(table(`Intervals of ${ticker}`, ["Stated", "Seen"], rows));
  const chart = byId("calibration-chart");
  const description = `Stated and seen probabilities of ${ticker}. The table below has the figures.`;
  const tests = backtest.independent_tests ?? backtest.scored;
  chart.hidden = !(await draw(chart, description, calibrationFigure(levels, tests)));
}

/**
 * @param {BacktestPoint} point
 * @param {string} unit
 */
function row(point, unit) {
  const { origin, target, last_close, price, lower, upper, actual, scored } = point;
  return [
    formatShortDate(origin),
    formatShortDate(target),
    formatAmount(last_close, unit),
    formatAmount(price, unit),
    `${formatAmount(lower, unit)} – ${formatAmount(upper, unit)}`,
    formatAmount(actual, unit),
    formatOffBy(point),
    scored ? "yes" : "no",
  ];
}
