/** The words of a forecast under way: its stages, its repeated tries and its cancellation. Pure functions. */

import { NO_BREAK, formatQuantity } from "./formats.js";

/**
 * The text of each stage, in their order.
 *
 * @type {Record<string, (ticker: string) => string>}
 */
const STAGES = {
  sending: () => "Sending the request…",
  accepted: () => "Accepted. Waiting for a free place…",
  ingesting: (ticker) => `Getting and checking the prices of ${ticker}…`,
  forecasting: () => "Fitting the model and drawing the chart…",
};

/**
 * Return the text of a stage.
 *
 * @param {string} stage
 * @param {string} ticker
 */
export function stageText(stage, ticker) {
  return (STAGES[stage] ?? (() => "Working…"))(ticker);
}

/**
 * Return the number of stages before this one.
 *
 * @param {string} stage
 */
export function stageIndex(stage) {
  return Math.max(0, Object.keys(STAGES).indexOf(stage));
}

/** @type {Record<string, string|undefined>} */
const RETRY_CAUSES = { unreachable: "The server cannot be reached", rate_limited: "Too many requests in a short time" };

/**
 * Return the text between two tries.
 *
 * @param {{code: string, retryInMs: number}} retry
 */
export function retryText({ code, retryInMs }) {
  const cause = RETRY_CAUSES[code] ?? "The service is busy";
  return `${cause}. Trying again in ${Math.ceil(retryInMs / 1000)}${NO_BREAK}s…`;
}

/**
 * Return the text after a forecast was cancelled.
 *
 * @param {Question} question
 */
export function cancelledText({ ticker, days }) {
  return `The forecast of ${ticker.toUpperCase()} for ${formatQuantity(days, "day")} was cancelled.`;
}

/**
 * Return the text with the time until the next try.
 *
 * @param {number} seconds
 */
export function countdownText(seconds) {
  return `Next try in ${formatWait(seconds)}.`;
}

/**
 * Format a wait in seconds, or in minutes from two minutes on.
 *
 * @param {number} seconds
 */
export function formatWait(seconds) {
  return seconds < 120 ? formatQuantity(seconds, "second") : formatQuantity(Math.ceil(seconds / 60), "minute");
}
