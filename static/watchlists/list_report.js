/** The report of a list: forecasts of its stocks as one document. Loaded at its first use. */

import { ApiError } from "../api/exchange.js";
import { requestForecast } from "../api/forecasts.js";
import { requestResult } from "../api/requests.js";
import { shortQuestion } from "../text/questions.js";

/** The most stocks of a report, as in the API. */
export const MOST_STOCKS = 50;
const FIELDS = "predicted_price,interval,data.stale,model.name";
/** After these failures, the other stocks of the list would fail too. */
const GENERAL = ["unreachable", "busy", "rate_limited", "unauthenticated", "forbidden"];

/**
 * Make the report of a list's first stocks. The server has most of the forecasts, and answers these at once.
 *
 * @param {{name: string, stocks: WatchedStock[]}} list with at least one stock
 * @param {AbortSignal} signal
 * @param {(words: string) => void} onProgress
 * @returns {Promise<{pdf: string, html: string}>} the addresses of the document
 * @throws {ApiError}
 */
export async function makeReport({ name, stocks }, signal, onProgress) {
  const shown = stocks.slice(0, MOST_STOCKS);
  const ids = [];
  for (const [at, stock] of shown.entries()) {
    onProgress(`Forecasting ${stock.ticker}, stock ${at + 1} of ${shown.length}`);
    ids.push(await forecastId(stock, signal));
  }
  const question = { ticker: shown[0]?.ticker, forecasts: ids, title: name };
  const onStage = (/** @type {string} */ _stage, /** @type {{step?: string|null}} */ { step }) => {
    onProgress(step ?? "Making the report");
  };
  const { request_id: id } = await requestResult("reports", question, isReport, { signal, onStage });
  return { pdf: `api/v1/reports/${id}/report.pdf`, html: `api/v1/reports/${id}/report.html` };
}

/**
 * Request a forecast, and return the id of the request. One that fails has a row with the reason in the report.
 *
 * @param {WatchedStock} stock
 * @param {AbortSignal} signal
 */
async function forecastId({ ticker, days, level, model }, signal) {
  let id = "";
  const onSend = (/** @type {string} */ sent) => {
    id = sent;
  };
  try {
    await requestForecast(shortQuestion({ ticker, days, level, model }), { signal, fields: FIELDS, onSend });
  } catch (error) {
    if (!(error instanceof ApiError) || GENERAL.includes(error.code)) throw error;
  }
  return id;
}

/** @param {any} result */
function isReport(result) {
  return Boolean(result.request_id && result.pages);
}
