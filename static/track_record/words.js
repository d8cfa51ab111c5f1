/** The sentences and figures of the track record: pure functions of the API's answer. */

import { formatCount, formatShare, formatShortDate, formatPrice, withSign } from "../text/formats.js";

const LEAST_SCORED = 20;
const HEADLINE_LEVEL = 0.8;
const LEAST_REACH = 0.01;
const REPLAY = "Replay, computed afterwards from older prices: ";
/** @type {Record<string, string>} */
const REASONS = {
  no_close: "have no close on their day",
  ended: "are of stocks without later closes",
  revised: "rest on a close that was changed since",
  other_source: "are of stocks whose prices now come from another source",
  no_prices: "are of stocks whose prices were removed",
  not_refreshed: "are of stocks whose prices nobody fetched again",
};

/**
 * Return the sentence on all scored forecasts. Of fewer than 20 it has no percentage.
 *
 * @param {TrackRecord} record
 */
export function headline({ kind, scored, coverage }) {
  return `${isReplay(kind) ? REPLAY : ""}${result(scored, coverage)}`;
}

/**
 * Return the heading of a figure, which names a replay.
 *
 * @param {string} heading
 * @param {string} kind
 */
export function figureHeading(heading, kind) {
  return isReplay(kind) ? `${heading} (replay)` : heading;
}

/** @param {string} kind */
function isReplay(kind) {
  return kind.startsWith("replay");
}

/**
 * @param {number} scored
 * @param {TrackRecord["coverage"]} coverage
 */
function result(scored, coverage) {
  if (scored === 0) return "No forecast has come due yet.";
  const band = coverage.find(({ level }) => level === HEADLINE_LEVEL);
  if (!band || band.fraction === null) {
    return `${forecasts(scored)} came due. Below ${LEAST_SCORED}, a percentage would mean nothing.`;
  }
  return `Of ${forecasts(scored)} that came due, the ${formatShare(band.level)} band held ${formatWhole(band.fraction)}.`;
}

/**
 * Return what the figures rest on, and what is not among them.
 *
 * @param {TrackRecord} record
 */
export function basis({ scored, tickers, target_days: days, waiting, outcomes }) {
  const parts = [];
  if (scored > 0) parts.push(`They are of ${plural(tickers, "stock")} and ${plural(days, "day")}; periods that overlap count each.`);
  parts.push(`${forecasts(waiting)} ${waiting === 1 ? "waits" : "wait"} for ${waiting === 1 ? "its" : "their"} day.`);
  for (const [status, words] of Object.entries(REASONS)) {
    const count = outcomes[/** @type {keyof typeof outcomes} */ (status)] ?? 0;
    if (count > 0) parts.push(`Without a score: ${formatCount(count)} ${words}.`);
  }
  return parts.join(" ");
}

/**
 * Return whether the forecasts were closer than the last price.
 *
 * @param {TrackRecord} record
 */
export function comparison({ means }) {
  if (!means) return "";
  const ratio = means.crps_pct / means.last_price_crps_pct;
  if (!Number.isFinite(ratio) || Math.abs(ratio - 1) < 0.005) return "The forecasts were as close as the last price.";
  const percent = formatWhole(Math.abs(ratio - 1));
  return `The error of the whole distribution was ${percent} ${ratio < 1 ? "smaller" : "larger"} than that of the last price.`;
}

/**
 * Return the rows of the scores: each with the forecasts' and the last price's.
 *
 * @param {TrackRecord} record
 */
export function scoreRows({ means }) {
  if (!means) return [];
  return [
    ["Price", points(means.abs_error_pct), points(means.last_price_abs_error_pct)],
    ["Whole distribution", points(means.crps_pct), points(means.last_price_crps_pct)],
    ["Chance of a rise (Brier)", means.brier_up.toFixed(3), "0.250"],
  ];
}

/**
 * Return the months of the picture: from the first one with a figure to the last.
 *
 * @param {TrackRecord["months"]} months
 */
export function monthsWithFigures(months) {
  const has = (/** @type {TrackRecord["months"][number]} */ { crps_difference: difference }) => difference !== null;
  return months.slice(Math.max(months.findIndex(has), 0), months.findLastIndex(has) + 1);
}

/**
 * Return the largest difference of a month, with two standard errors; 0 if no month has a figure.
 *
 * @param {TrackRecord["months"]} months
 */
export function monthsReach(months) {
  const ends = months.map(({ crps_difference: difference, standard_error: error }) =>
    difference === null ? 0 : Math.max(Math.abs(difference) + 2 * (error ?? 0), LEAST_REACH),
  );
  return Math.max(0, ...ends);
}

/**
 * Return how the picture of the months is read.
 *
 * @param {TrackRecord["months"]} months
 * @param {number} reach
 */
export function monthsWords(months, reach) {
  const [first, last] = [months[0]?.month, months.at(-1)?.month];
  const period = first === last ? first : `${first} to ${last}`;
  const size = `The picture covers ${period} and is ±${points(100 * reach)} high.`;
  return `Below the line, the forecasts were closer than the last price. Each bar is two standard errors to both sides. ${size}`;
}

/**
 * Return the rows of the months, the newest first. A month with fewer than 20 forecasts has no figure.
 *
 * @param {TrackRecord["months"]} months
 */
export function monthRows(months) {
  return months.toReversed().map(({ month, crps_difference: difference, standard_error: error, forecasts: count }) => [
    month,
    difference === null ? "" : `${withSign(100 * difference, points)}${error === null ? "" : ` ± ${points(200 * error)}`}`,
    formatCount(count),
  ]);
}

/**
 * Return the rows of the intervals: stated and seen.
 *
 * @param {TrackRecord} record
 */
export function coverageRows({ coverage, scored }) {
  return coverage.map(({ level, inside, fraction }) => [
    formatShare(level),
    fraction === null ? "" : formatShare(fraction),
    `${formatCount(inside)} of ${formatCount(scored)}`,
  ]);
}

/**
 * Return the rows of the histogram.
 *
 * @param {number[]} pit
 */
export function pitRows(pit) {
  return pit.map((count, tenth) => [`${tenth * 10} to ${tenth * 10 + 10}\u00a0%`, formatCount(count)]);
}

/**
 * Return a row of the largest misses.
 *
 * @param {RecordedForecast} forecast
 */
export function missRow({ ticker, days, as_of: asOf, target_date: target, quantiles, outcome }) {
  return [
    ticker,
    plural(days, "day"),
    formatShortDate(asOf),
    formatShortDate(target),
    formatPrice(quantiles[3] ?? 0),
    outcome?.actual ? formatPrice(outcome.actual) : "",
    withSign(outcome?.error_pct ?? 0, points),
  ];
}

/** @param {number} count */
function forecasts(count) {
  return plural(count, "forecast");
}

/**
 * @param {number} count
 * @param {string} noun
 */
function plural(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {number} fraction */
function formatWhole(fraction) {
  return `${Math.round(100 * fraction)}\u00a0%`;
}

/** @param {number} percent */
function points(percent) {
  return `${percent.toFixed(1)}\u00a0%`;
}
