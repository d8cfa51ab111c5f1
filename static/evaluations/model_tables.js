/** The tables of an evaluation: the models' scores, the trading rule, and each past forecast. */

import { labelled } from "../analyses/stacking_table.js";
import {
  coverageHead,
  differenceText,
  formatScore,
  formatSeconds,
  holdingCells,
  verdictText,
} from "../text/evaluations.js";
import { formatAmount, formatChange, formatShare, formatShortDate } from "../text/formats.js";
import { element, table } from "../widgets/elements.js";

const RULE_HEADS = ["Model", "Return", "Largest fall", "Trades", "Time held", "Difference a step", "Against holding"];

/**
 * Make the table of the models' scores. A model that failed has its reason in place of them.
 *
 * @param {Evaluation} evaluation
 */
export function scoresTable({ models, level, ticker }) {
  const heads = ["Model", "MAE", "CRPS", "Interval score", coverageHead(level), "Time", "CRPS against the yardstick", "Verdict"];
  const rows = models.map((model) => [
    model.label,
    formatScore(model.mae_pct),
    formatScore(model.crps_pct),
    formatScore(model.interval_score_pct),
    typeof model.coverage === "number" ? formatShare(model.coverage) : "–",
    formatSeconds(model.seconds),
    differenceText(model.crps_difference),
    verdictCell(model),
  ]);
  const made = labelled(table(`Errors for ${ticker}, in percent of the last value`, heads, rows), heads);
  models.forEach(({ failure }, at) => failure && showFailure(made.tBodies[0]?.rows[at], failure.detail, heads.length - 1));
  return made;
}

/**
 * Make the table of the trading rule with each model, below buying and holding.
 *
 * @param {Evaluation} evaluation
 */
export function ruleTable({ models, buy_and_hold: held }) {
  const rows = models.flatMap(({ label, holding }) => (holding ? [[label, ...holdingCells(holding)]] : []));
  const all = [...(held ? [["Buy and hold", ...holdingCells(held)]] : []), ...rows];
  return labelled(table("After costs", RULE_HEADS, all), RULE_HEADS);
}

/**
 * Make the table of each past forecast: the actual value, and how far each model's median was off.
 *
 * @param {Evaluation} evaluation
 */
export function forecastsTable({ origins, models, ticker, unit }) {
  const made = models.filter(({ forecasts }) => forecasts.length);
  const rows = origins.map(({ origin, target, last_value: last, actual }, at) => [
    formatShortDate(origin),
    formatShortDate(target),
    formatAmount(last, unit),
    formatAmount(actual, unit),
    ...made.map(({ forecasts }) => formatChange((((forecasts[at]?.median ?? actual) - actual) / last) * 100)),
  ]);
  const heads = ["Made on", "For", "Last value", "Actual", ...made.map(({ label }) => `${label} off by`)];
  return table(`Past forecasts of ${ticker}; medians off by percent of the last value`, heads, rows.reverse());
}

/** @param {Evaluation["models"][number]} model */
function verdictCell({ verdict, failure }) {
  const text = verdictText(verdict) || (failure ? "" : "the yardstick");
  return element("span", text, verdict ? `verdict ${verdict}` : "");
}

/**
 * @param {HTMLTableRowElement|undefined} row
 * @param {string} detail
 * @param {number} columns
 */
function showFailure(row, detail, columns) {
  const cell = element("td", `Failed: ${detail}`, "failed");
  cell.colSpan = columns;
  row?.replaceChildren(...[...row.cells].slice(0, 1), cell);
}
