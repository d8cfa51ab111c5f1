/** The components' panel: the trend, its changepoints and the yearly season, in words, as charts and as tables. */

import { trendFigure, yearlyFigure } from "../charts/figures.js";
import { draw } from "../charts/plotly.js";
import { currencyName, formatChange, formatDayOfYear, formatPoints, formatPrice, formatShortDate } from "../text/formats.js";
import { describeComponents } from "../text/panels.js";
import { byId, table } from "../widgets/elements.js";

/**
 * The result in the panel. Prices that arrive for an earlier one are dropped.
 *
 * @type {FinishedForecast|null}
 */
let shown = null;

/**
 * Show the components of a result, or why there are none.
 *
 * @param {FinishedForecast} result
 * @param {import("../api/prices.js").PriceHistory} history
 */
export async function showComponents(result, history) {
  shown = result;
  const { ticker, currency, components } = result;
  const words = describeComponents(result);
  byId("components-words").textContent = words.intro;
  byId("components-parts").hidden = !components;
  if (!components) return;
  byId("changepoint-words").textContent = words.changepoints;
  byId("yearly-words").textContent = words.yearly;
  byId("yearly-figures").hidden = !components.yearly;
  fillTables(ticker, currency, components);
  if (components.yearly) drawYearly(ticker, components.yearly);
  const days = await history.all();
  if (shown === result) drawChart("trend-chart", `Trend of ${ticker} with its changepoints`, trendFigure(components, days, currency));
}

/**
 * @param {string} ticker
 * @param {string} currency
 * @param {Components} components
 */
function fillTables(ticker, currency, { trend, changepoints, yearly }) {
  const bends = changepoints.map(({ date, rate_change_pct }) => [formatShortDate(date), formatPoints(rate_change_pct)]);
  const prices = trend.map(({ date, price }) => [formatShortDate(date), formatPrice(price)]).reverse();
  const effects = (yearly ?? []).map(({ date, effect_pct }) => [formatDayOfYear(date), formatChange(effect_pct)]);
  fill("changepoint-table", `Changepoints of ${ticker}`, ["Date", "Change of growth, points a year"], bends);
  fill("trend-table", `Trend of ${ticker} in ${currencyName(currency)}`, ["Date", "Trend"], prices);
  fill("yearly-table", `Yearly season of ${ticker}`, ["Day", "Effect on the price"], effects);
}

/**
 * @param {string} id
 * @param {string} caption
 * @param {string[]} heads
 * @param {string[][]} rows
 */
function fill(id, caption, heads, rows) {
  byId(id).replaceChildren(table(caption, heads, rows));
}

/**
 * @param {string} ticker
 * @param {SeasonPoint[]} yearly
 */
function drawYearly(ticker, yearly) {
  return drawChart("yearly-chart", `Yearly season of ${ticker} in percent`, yearlyFigure(yearly));
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Parameters<typeof draw>[2]} figure
 */
async function drawChart(id, title, figure) {
  byId(id).hidden = !(await draw(byId(id), `${title}. The tables below have the figures.`, figure));
}
