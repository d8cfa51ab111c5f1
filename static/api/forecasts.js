/** Client of the forecast API. */

import { cancelRequest, requestResult } from "./requests.js";

const PATH = "forecasts";

/** @import { Observer } from "./requests.js" */

/**
 * Request a forecast and poll until it ends.
 *
 * @param {Question} question
 * @param {Observer} observer
 * @returns {Promise<FinishedForecast>}
 * @throws {ApiError}
 */
export function requestForecast(question, observer) {
  return requestResult(PATH, question, isForecast, observer);
}

/**
 * Cancel the request at the server.
 *
 * @param {string} requestId
 */
export function cancelForecast(requestId) {
  return cancelRequest(PATH, requestId);
}

/** @param {any} result */
function isForecast(result) {
  return Number.isFinite(result.predicted_price) && Boolean(result.interval && result.data && result.model);
}
