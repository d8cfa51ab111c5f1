/** Client of the forecast API. */

import { cancelRequest, requestResult } from "./requests.js";

const PATH = "forecasts";

/** @import { Observer } from "./requests.js" */

/**
 * Request a forecast and poll until it ends. The page writes volumes with their unit as the currency.
 *
 * @param {Question} question
 * @param {Observer} observer
 * @returns {Promise<FinishedForecast>}
 * @throws {ApiError}
 */
export async function requestForecast(question, observer) {
  const result = await requestResult(PATH, question, isForecast, observer);
  return { ...result, currency: (result.field === "volume" && result.unit) || result.currency };
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
