/** The components' panel: the trend with its changepoints and the yearly season, in words, as pictures and as tables. */

import { draw } from "./chart.js";
import { table } from "./elements.js";
import { trendFigure, yearlyFigure } from "./figures.js";
import {
  componentWords, currencyWords, dayWords, percentWords, pointsWords, priceFigures, shortDateWords,
} from "./words.js";

const byId = (id) => document.getElementById(id);

/** Whose components are shown; what is read late for another one is not drawn. */
let shown = null;

/** Fill the panel with the components of `result`, or with why it has none. */
export async function showComponents(result, prices) {
  shown = result;
  const { components } = result;
  const words = componentWords(result);
  byId("components-words").textContent = words.intro;
  byId("components-parts").hidden = !components;
  if (!components) return;
  byId("changepoint-words").textContent = words.changepoints;
  byId("yearly-words").textContent = words.yearly;
  byId("yearly-figures").hidden = !components.yearly;
  fillTables(result);
  if (components.yearly) drawYearly(result);
  const past = await prices.all();
  if (shown === result) drawTrend(result, past);
}

function fillTables({ ticker, currency, components }) {
  const { trend, changepoints, yearly } = components;
  const bends = changepoints.map(({ date, rate_change_pct }) => [shortDateWords(date), pointsWords(rate_change_pct)]);
  const prices = trend.toReversed().map(({ date, price }) => [shortDateWords(date), priceFigures(price)]);
  const effects = (yearly ?? []).map(({ date, effect_pct }) => [dayWords(date), percentWords(effect_pct)]);
  fill("changepoint-table", `Changepoints of ${ticker}`, ["Date", "Change of growth, points a year"], bends);
  fill("trend-table", `Trend of ${ticker} in ${currencyWords(currency)}`, ["Date", "Trend"], prices);
  fill("yearly-table", `Yearly season of ${ticker}`, ["Day", "Effect on the price"], effects);
}

function fill(id, caption, heads, rows) {
  byId(id).replaceChildren(table(caption, heads, rows));
}

async function drawTrend({ ticker, currency, components }, past) {
  const words = `Trend of ${ticker} over its closes, with its changepoints; the tables below have the figures.`;
  byId("trend-chart").hidden = !(await draw(byId("trend-chart"), words, trendFigure(components, past, currency)));
}

async function drawYearly({ ticker, components }) {
  const words = `Yearly season of ${ticker} in percent; the table below has the figures.`;
  byId("yearly-chart").hidden = !(await draw(byId("yearly-chart"), words, yearlyFigure(components.yearly)));
}
