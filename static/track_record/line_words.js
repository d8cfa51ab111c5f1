/** The words of the track record's line: a pure function of the API's answer. */

import { formatCount, formatShare, NO_BREAK } from "../text/formats.js";

const LEVEL = 0.8;

/**
 * Return the record of a stock and a group of horizons as a sentence, with a percentage where the API has one.
 *
 * @param {string} ticker
 * @param {Pick<TrackRecord, "scored"|"coverage"|"horizon">} record
 * @returns {string} empty where no forecast came due
 */
export function lineOf(ticker, { scored, coverage, horizon }) {
  const band = coverage.find(({ level }) => level === LEVEL);
  if (scored === 0 || !band || !horizon) return "";
  const due = `${formatCount(scored)} ${scored === 1 ? "forecast" : "forecasts"} of ${ticker} ${horizon.words}`;
  const share = band.fraction === null ? "" : ` (${Math.round(100 * band.fraction)}${NO_BREAK}%)`;
  return `Of ${due} that came due, the ${formatShare(LEVEL)} range held ${formatCount(band.inside)}${share}.`;
}

/**
 * Return whether the track record has forecasts like this one: of the close, from the usual past.
 *
 * @param {Pick<FinishedForecast, "field"|"history_days">} result
 */
export function isRecorded({ field, history_days: historyDays }) {
  return field === "close" && historyDays === null;
}
