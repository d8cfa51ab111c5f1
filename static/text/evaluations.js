/** The words of an evaluation of models, and its question as an address. Pure functions. */

import { NO_BREAK, formatChange, formatLevel, formatPercent, formatQuantity, formatShare, formatShortDate } from "./formats.js";

export const MOST_DAYS = 730;
const [FEWEST_ORIGINS, MOST_ORIGINS] = [4, 250];
const MODEL_NAME = /^[a-z][a-z0-9_]{0,39}(:\d{1,3}(\.\d{1,6})?)?$/;
export const TAB = "evaluate";
const SPLIT = 0.8;
const USUAL_RULE = { bound: 0.5, cost_pct: 0.1 };
const [HIGHEST_BOUND, HIGHEST_COST] = [99, 5];
const USUAL = { origins: 40, field: "close", level: 0.8 };

/** @type {Record<string, string|undefined>} */
const VERDICTS = { better: "better", worse: "worse", no_difference: "no difference that can be told apart" };

/**
 * Return the parts of the page's address for an evaluation. The usual values are left out.
 *
 * @param {EvaluationQuestion} question
 * @returns {[string, string][]}
 */
export function evaluationAddress({ models, days, origins, field, level, others, split, rule }) {
  const parts = {
    tab: TAB,
    models: (models ?? []).join(","),
    evaluated_days: String(days),
    origins: origins === USUAL.origins ? "" : String(origins),
    evaluated_field: field === USUAL.field ? "" : field,
    evaluated_level: level === USUAL.level ? "" : String(level),
    others: (others ?? []).join(","),
    split: split ? String(split) : "",
    ...(rule ? ruleAddress(rule) : {}),
  };
  return Object.entries(parts).flatMap(([name, value]) => (value ? [[name, value]] : []));
}

/**
 * Return the evaluation that an address asks for; null if it asks for none. The server checks the values.
 *
 * @param {URLSearchParams} address
 * @param {string} ticker
 * @returns {EvaluationQuestion|null}
 */
export function evaluationOf(address, ticker) {
  if (address.get("tab") !== TAB || !address.get("models")) return null;
  const number = (/** @type {string} */ name, /** @type {number} */ usual) => Number(address.get(name) ?? usual) || usual;
  return {
    ticker,
    models: splitNames(address.get("models") ?? ""),
    days: number("evaluated_days", Number(address.get("days")) || 30),
    origins: number("origins", USUAL.origins),
    field: /** @type {EvaluationQuestion["field"]} */ (address.get("evaluated_field") ?? USUAL.field),
    level: number("evaluated_level", USUAL.level),
    ...optionalParts(splitNames(address.get("others") ?? ""), number("split", 0), address.has("rule") ? ruleIn(address) : null),
  };
}

/**
 * Return the parts of a question that are sent only if they are asked for.
 *
 * @param {string[]} others
 * @param {number} split the fraction of the first part; 0 for none
 * @param {Partial<TradingRule>|null} rule
 * @returns {Partial<EvaluationQuestion>}
 */
export function optionalParts(others, split, rule) {
  return { ...(others.length ? { others } : {}), ...(split ? { split } : {}), ...(rule ? { rule } : {}) };
}

/** @param {Partial<TradingRule>} rule */
function ruleAddress({ bound, cost_pct: cost }) {
  return { rule: "yes", hold_above: String(bound ?? ""), cost: String(cost ?? "") };
}

/** @param {URLSearchParams} address */
function ruleIn(address) {
  const value = (/** @type {string} */ name) => Number(address.get(name) || Number.NaN);
  return ruleOf(100 * value("hold_above"), value("cost"));
}

/**
 * Return a trading rule without the values that are usual, or missing.
 *
 * @param {number} boundPercent of the chance of a gain
 * @param {number} cost of a trade, in percent
 * @returns {Partial<TradingRule>}
 */
export function ruleOf(boundPercent, cost) {
  const bound = Number((boundPercent / 100).toFixed(6));
  return {
    ...(Number.isNaN(bound) || bound === USUAL_RULE.bound ? {} : { bound }),
    ...(Number.isNaN(cost) || cost === USUAL_RULE.cost_pct ? {} : { cost_pct: cost }),
  };
}

/**
 * Return the bound in percent and the cost of a trading rule, as their fields show them.
 *
 * @param {Partial<TradingRule>} rule
 */
export function ruleFields({ bound = USUAL_RULE.bound, cost_pct: cost = USUAL_RULE.cost_pct }) {
  return [Number((100 * bound).toFixed(4)), cost].map(String);
}

/**
 * Return the problem with the bound of a trading rule before it is sent, or "".
 *
 * @param {number} percent
 */
export function boundProblem(percent) {
  return percent >= 0 && percent <= HIGHEST_BOUND ? "" : `Enter a number from 0 to ${HIGHEST_BOUND}.`;
}

/**
 * Return the problem with the cost of a trade before it is sent, or "".
 *
 * @param {number} percent
 */
export function costProblem(percent) {
  return percent >= 0 && percent <= HIGHEST_COST ? "" : `Enter a number from 0 to ${HIGHEST_COST}.`;
}

/** @param {boolean} isSplit */
export function splitOf(isSplit) {
  return isSplit ? SPLIT : 0;
}

/**
 * Return the names in a text, between which there are commas or spaces.
 *
 * @param {string} text
 */
export function splitNames(text) {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/**
 * Return the problem with the further models before they are sent, or "".
 *
 * @param {string[]} names
 * @param {number} chosen the number of all models
 */
export function modelsProblem(names, chosen) {
  const wrong = names.find((name) => !MODEL_NAME.test(name));
  if (wrong) return `“${wrong}” is not the name of a model. Write for example prophet:0.01.`;
  return chosen ? "" : "Choose at least one model.";
}

/**
 * Return the problem with the number of past forecasts before it is sent, or "".
 *
 * @param {number} origins
 */
export function originsProblem(origins) {
  const isValid = Number.isInteger(origins) && origins >= FEWEST_ORIGINS && origins <= MOST_ORIGINS;
  return isValid ? "" : `Enter a whole number from ${FEWEST_ORIGINS} to ${MOST_ORIGINS}.`;
}

/** @param {Evaluation} evaluation */
export function evaluationTitle({ ticker, field, horizon_trading_days: horizon }) {
  return `Models for the ${field} of ${ticker}, ${formatQuantity(horizon, "trading day")} ahead`;
}

/**
 * Describe what was done, and the outcome.
 *
 * @param {Evaluation} evaluation
 */
export function evaluationWords({ summary, origins, overlap, source, as_of, split, compared }) {
  const [first, last] = [origins[0], origins.at(-1)];
  const times = first && last ? `, from ${formatShortDate(first.origin)} to ${formatShortDate(last.target)}` : "";
  const made = split
    ? `No forecast was made in the first ${formatShare(split.fraction)} of the history, to ${formatShortDate(split.last_of_first)}. `
    : "";
  const thinned = (split?.steps_apart ?? 1) > 1 ? ` Of the rest, one horizon in ${split?.steps_apart} was forecast.` : "";
  const shared = overlap > 1.05 ? ` They overlap: ${overlap.toFixed(1)} of them cover each day, which the ± allows for.` : "";
  const corrected = compared > 1 ? ` The verdicts allow for the ${compared} models that were tried.` : "";
  return (
    `${summary} ${made}Each model made ${formatQuantity(origins.length, "forecast")}${times}, on the same days.${thinned}${shared}${corrected} ` +
    `Prices: ${source}, to ${formatShortDate(as_of)}.`
  );
}

/** @param {string|null|undefined} verdict */
export function verdictText(verdict) {
  return VERDICTS[verdict ?? ""] ?? "";
}

/**
 * Format a score in percent: 1.2345 as "1.23 %". A small one has more digits.
 *
 * @param {number|null|undefined} percent
 */
export function formatScore(percent) {
  return typeof percent === "number" ? `${scoreDigits(percent)}${NO_BREAK}%` : "–";
}

/**
 * Format the difference of a model's CRPS to that of the yardstick: "0.12 lower ± 0.05".
 *
 * @param {ScoreDifference|null|undefined} difference the yardstick's score minus the model's
 */
export function differenceText(difference) {
  if (!difference) return "–";
  const { mean, standard_error: error } = difference;
  const digits = digitsOf(error || Math.abs(mean) || 1);
  const size = Math.abs(mean).toFixed(digits);
  const word = /[1-9]/.test(size) ? `${NO_BREAK}${mean > 0 ? "lower" : "higher"}` : "";
  return `${size}${word} ±${NO_BREAK}${error.toFixed(digits)}`;
}

/**
 * Format the difference of a rule's return to that of buying and holding, in percentage points a step.
 *
 * @param {ScoreDifference|null|undefined} difference
 */
export function returnDifferenceText(difference) {
  if (!difference) return "–";
  const { mean, standard_error: error } = difference;
  return `${mean < 0 ? "−" : "+"}${Math.abs(mean).toFixed(2)} ±${NO_BREAK}${error.toFixed(2)}`;
}

/** @param {number|null|undefined} seconds */
export function formatSeconds(seconds) {
  if (typeof seconds !== "number") return "–";
  return seconds < 0.095 ? `${Math.round(seconds * 1000)}${NO_BREAK}ms` : `${seconds.toFixed(1)}${NO_BREAK}s`;
}

/**
 * Describe the trading rule.
 *
 * @param {TradingRule} rule
 */
export function ruleWords({ bound = USUAL_RULE.bound, cost_pct: cost = USUAL_RULE.cost_pct }) {
  return (
    `The rule holds the stock while the model’s chance of a gain is above ${formatShare(bound)}, and nothing otherwise. Each ` +
    `purchase and each sale costs ${Number(cost.toFixed(2))}${NO_BREAK}%. Past returns say little about later ones. This is not advice.`
  );
}

/**
 * Return the cells of an outcome of holding: return, drawdown, trades, time held.
 *
 * @param {Holding} holding
 */
export function holdingCells({ return_pct, largest_drawdown_pct, trades, time_held, difference }) {
  const drawdown = formatPercent(Math.abs(largest_drawdown_pct));
  const cells = [formatChange(return_pct), drawdown, String(trades), formatShare(time_held)];
  return [...cells, returnDifferenceText(difference), verdictText(difference?.verdict)];
}

/** @param {number} level */
export function coverageHead(level) {
  return `Coverage of ${formatLevel(level)}`;
}

/** @param {number} percent */
function scoreDigits(percent) {
  return percent.toFixed(percent >= 0.1 ? 2 : digitsOf(Math.max(percent, 1e-6)));
}

/** @param {number} smallest size that must be readable */
function digitsOf(smallest) {
  return Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(smallest))));
}
