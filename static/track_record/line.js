/** The line of the track record below an answer. The page loads it after the answer. */

import { call } from "../api/exchange.js";
import { element } from "../widgets/elements.js";
import { isRecorded } from "./line_words.js";

/**
 * Read the record of an answer's stock and similar horizons.
 *
 * @param {FinishedForecast} result
 * @returns {Promise<HTMLElement|null>} the line; null where no forecast came due, and for an answer of another kind than those of the record
 * @throws {ApiError}
 */
export async function readLine(result) {
  if (!isRecorded(result)) return null;
  const { ticker, days } = result;
  const query = new URLSearchParams({ ticker, horizon: String(days) });
  const { sentence } = await call(`track-record?${query}`, { cache: "default" });
  if (!sentence) return null;
  const line = element("a", sentence);
  line.setAttribute("href", `track-record?${query}`);
  return line;
}
