/** The words of the insights. Pure functions. */

import { NO_BREAK, formatChange, formatCount, formatDate, formatQuantity } from "./formats.js";

const MOODS = { positive: "Positive", neutral: "Neutral", negative: "Negative" };
/** Lines of the evidence of a sentence break only between words, not between a number and its unit. */
const UNITS = /(\d) (%|times)/g;

/**
 * Return a text of the API with spaces that do not break before a unit.
 *
 * @param {string} text
 */
export function unbroken(text) {
  return text.replaceAll(UNITS, `$1${NO_BREAK}$2`);
}

/**
 * Return from what the insights are made.
 *
 * @param {StockInsights} insights
 */
export function insightsSource({ source_name: source, as_of: day, rows, stale, sample }) {
  const old = stale ? " The newest close is more than a week old, so nothing here is news." : "";
  const made = sample ? " These are sample prices." : "";
  return `From ${formatCount(rows)} closes of ${source}, up to ${formatDate(day)}. Compared with the stock’s own past.${made}${old}`;
}

/**
 * Return the facts of a sentence.
 *
 * @param {StockInsights} insights
 * @param {string[]} ids
 */
export function factsOf({ facts }, ids) {
  return facts.filter(({ id }) => ids.includes(id));
}

/**
 * Return the cells of a fact in a table: its name, value, percentile, compared days, day and source.
 *
 * @param {Fact} fact
 * @param {StockInsights} insights
 */
export function factCells({ name, text, percentile, days_compared: days, date, source }, insights) {
  return [
    name,
    unbroken(text),
    percentile === null ? "–" : `${towardsMiddle(percentile)}`,
    days === null ? "–" : formatCount(days),
    formatDate(date),
    source === insights.source ? insights.source_name : source,
  ];
}

/**
 * Return a percentile with at most one decimal, rounded towards 50: only one without any exception is 0 or 100.
 *
 * @param {number} percentile
 */
function towardsMiddle(percentile) {
  const tenths = Number((10 * percentile).toFixed(3));
  return (percentile > 50 ? Math.floor(tenths) : Math.ceil(tenths)) / 10;
}

/**
 * Return the evidence of a fact: its name and its value, and how it compares.
 *
 * @param {Fact} fact
 * @param {StockInsights} insights
 * @returns {[string, string]}
 */
export function factTerm(fact, insights) {
  const [name = "", value, percentile, days, day, source] = factCells(fact, insights);
  const compared = fact.percentile === null ? "" : ` Percentile ${percentile} among ${days} earlier days.`;
  return [name, `${value}.${compared} ${day}, ${source}.`];
}

/**
 * Return the title of a sentiment.
 *
 * @param {Sentiment} sentiment
 */
export function sentimentTitle({ mood, predictive }) {
  return `${MOODS[mood]}${predictive ? "" : ", without predictive value"}`;
}

/**
 * Return what followed days of a sentiment in the past, or "" if that is not known.
 *
 * @param {Sentiment} sentiment
 */
export function evidenceWords({ mood, evidence }) {
  if (!evidence) return "";
  const { days, other_days: others, following_days: following } = evidence;
  return (
    `Mean return over ${formatQuantity(following, "day")} after ${formatCount(days)} ${mood} days: ` +
    `${formatChange(evidence.mean_return_pct)}. After ${formatCount(others)} other days: ` +
    `${formatChange(evidence.other_mean_return_pct)}. The difference has a standard error of ` +
    `${evidence.standard_error_pct.toFixed(1)} points.`
  );
}

/**
 * Return the votes of a sentiment, each with the name of its fact.
 *
 * @param {StockInsights} insights
 * @returns {string[][]}
 */
export function voteTerms({ facts, sentiment }) {
  const names = new Map(facts.map(({ id, name }) => [id, name]));
  return (sentiment?.votes ?? []).map(({ fact, vote }) => [names.get(fact) ?? fact, voteWord(vote)]);
}

/** @param {number} vote */
function voteWord(vote) {
  if (vote === 0) return "no vote";
  return vote > 0 ? "positive" : "negative";
}

/**
 * Return who wrote the sentences, if a language model did or should have; otherwise "".
 *
 * @param {Pick<StockInsights, "language_model">} insights
 */
export function writerWords({ language_model: model }) {
  if (!model) return "";
  if (model.state === "ready") {
    return `Machine-written by the language model ${model.name}. The numbers are those of the facts.`;
  }
  return model.state === "writing" ? `The language model ${model.name} is wording the facts…` : (model.detail ?? "");
}
