/** The backtest's panel: each past forecast beside the actual price, in words, as a chart and as a table. */

import { backtestFigure, calibrationFigure } from "../charts/figures.js";
import { draw } from "../charts/plotly.js";
import { currencyName, formatLevel, formatPrice, formatShare, formatShortDate } from "../text/formats.js";
import { calibrationLevels, describeBacktest, describeCalibration, formatOffBy } from "../text/panels.js";
import { byId, table } from "../widgets/elements.js";

const HEADS = ["Made on", "For", "Last close", "Forecast", "Interval", "Actual", "Off by", "Counts"];

/**
 * Show the backtest of a result, or why there is none.
 *
 * @param {FinishedForecast} result
 */
export async function showBacktest({ ticker, currency, backtest, interval }) {
  byId("backtest-words").textContent = describeBacktest(backtest, interval.level);
  byId("backtest-figures").hidden = !backtest;
  byId("calibration").hidden = !backtest;
  if (!backtest) return;
  showCalibration(ticker, backtest);
  const caption = `Past forecasts of ${ticker} in ${currencyName(currency)}`;
  byId("backtest-table").replaceChildren(table(caption, HEADS, backtest.points.map(row).reverse()));
  const chart = byId("backtest-chart");
  const description = `Past forecasts of ${ticker} and the actual prices. The table below has the figures.`;
  const figure = backtestFigure(backtest, `${formatLevel(interval.level)} interval`, currency);
  chart.hidden = !(await draw(chart, description, figure));
}

/**
 * Show the stated probabilities against what came. Results of older versions have no places of the actual prices.
 *
 * @param {string} ticker
 * @param {Backtest} backtest
 */
async function showCalibration(ticker, backtest) {
  const levels = calibrationLevels(backtest);
  byId("calibration").hidden = levels.length === 0;
  if (levels.length === 0) return;
  byId("calibration-words").textContent = describeCalibration(backtest);
  const rows = levels.map(({ stated, seen }) => [formatShare(stated), formatShare(seen)]);
  byId("calibration-table").replaceChildren(table(`Intervals of ${ticker}`, ["Stated", "Seen"], rows));
  const chart = byId("calibration-chart");
  const description = `Stated and seen probabilities of ${ticker}. The table below has the figures.`;
  const tests = backtest.independent_tests ?? backtest.scored;
  chart.hidden = !(await draw(chart, description, calibrationFigure(levels, tests)));
}

/** @param {BacktestPoint} point */
function row(point) {
  const { origin, target, last_close, price, lower, upper, actual, scored } = point;
  return [
    formatShortDate(origin),
    formatShortDate(target),
    formatPrice(last_close),
    formatPrice(price),
    `${formatPrice(lower)} – ${formatPrice(upper)}`,
    formatPrice(actual),
    formatOffBy(point),
    scored ? "yes" : "no",
  ];
}
