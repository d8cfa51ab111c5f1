/** The backtest's panel: each past forecast against what came, in words, as a picture and as a table. */

import { draw } from "./chart.js";
import { table } from "./elements.js";
import { backtestFigure } from "./figures.js";
import { backtestWords, currencyWords, levelWords, offWords, priceFigures, shortDateWords } from "./words.js";

const HEADS = ["Made on", "For", "Last close", "Forecast", "Interval", "Came", "Off by", "Counts"];
const byId = (id) => document.getElementById(id);

/** Fill the panel with the backtest of `result`, or with why it has none. */
export async function showBacktest({ ticker, currency, backtest, interval }) {
  const level = `${levelWords(interval.level)} interval`;
  byId("backtest-words").textContent = backtestWords(backtest, interval.level);
  byId("backtest-figures").hidden = !backtest;
  if (!backtest) return;
  const rows = backtest.points.toReversed().map(row);
  byId("backtest-table").replaceChildren(table(`Past forecasts of ${ticker} in ${currencyWords(currency)}`, HEADS, rows));
  const words = `Past forecasts of ${ticker} and what came; the table below has the figures.`;
  byId("backtest-chart").hidden = !(await draw(byId("backtest-chart"), words, backtestFigure(backtest, level, currency)));
}

function row(point) {
  const { origin, target, last_close, price, lower, upper, actual, scored } = point;
  return [
    shortDateWords(origin),
    shortDateWords(target),
    priceFigures(last_close),
    priceFigures(price),
    `${priceFigures(lower)} – ${priceFigures(upper)}`,
    priceFigures(actual),
    offWords(point),
    scored ? "yes" : "warms up",
  ];
}
