/** The words of an evaluation or a pattern search under way, and of its end without a result. Pure functions. */

import { failureText } from "./failures.js";
import { formatShare } from "./formats.js";
import { stageText } from "./progress.js";

/** The part of the work after which a screen reader reads the progress again. */
const ANNOUNCED_PART = 0.25;

/**
 * The progress of a request: its stage, and the fraction and the step of its work if it reports them.
 *
 * @typedef {{status: string, progress?: number|null, step?: string|null}} WorkProgress
 */

/**
 * Return the text of a request's progress.
 *
 * @param {WorkProgress} progress
 * @param {string} ticker
 */
export function workText({ status, progress, step }, ticker) {
  if (status !== "computing") return stageText(status, ticker);
  if (!step) return "Computing…";
  return typeof progress === "number" ? `${step} (${formatShare(Math.floor(progress * 100) / 100)})` : step;
}

/**
 * Return the text that a screen reader reads aloud: each stage, and the work once a quarter of it.
 *
 * @param {WorkProgress} progress
 * @param {string} ticker
 */
export function announcedText({ status, progress }, ticker) {
  if (status !== "computing") return stageText(status, ticker);
  const part = Math.floor((progress ?? 0) / ANNOUNCED_PART) * ANNOUNCED_PART;
  return part > 0 ? `${formatShare(part)} done` : "Computing…";
}

/**
 * The titles of failures that are worded for a forecast elsewhere.
 *
 * @type {Record<string, ((noun: string) => string)|undefined>}
 */
const TITLES = {
  too_little_data: (noun) => `There are too few prices for the ${noun}.`,
  deadline_exceeded: (noun) => `The ${noun} was not ready in time.`,
  forecast_failed: (noun) => `The ${noun} failed.`,
  worker_crashed: (noun) => `The ${noun} stopped before it was ready, several times.`,
  cancelled: (noun) => `The ${noun} was cancelled.`,
  implausible_prices: (noun) => `These prices cannot be right, so there is no ${noun}.`,
  not_found: (noun) => `The server no longer has this ${noun}.`,
};

/**
 * Return the words of a failure.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 * @param {string} noun of the analysis
 * @returns {{title: string, text: string}}
 */
export function analysisFailure(failure, noun) {
  const { title, text } = failureText(failure);
  // The reader chose the values: the server's sentence names the wrong one.
  if (failure.code === "invalid_request" && failure.detail) return { title: `The ${noun} could not be made.`, text: failure.detail };
  return { title: TITLES[failure.code]?.(noun) ?? (title || `The ${noun} could not be made.`), text };
}
