/** Which answers the track record's line belongs to. */

/**
 * Return whether the track record has forecasts like this one: of the close, from the usual past.
 *
 * @param {Pick<FinishedForecast, "field"|"history_days">} result
 */
export function isRecorded({ field, history_days: historyDays }) {
  return field === "close" && historyDays === null;
}
