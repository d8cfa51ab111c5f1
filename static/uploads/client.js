/** Client of the API's uploads of prices. */

import { ApiError } from "../api/exchange.js";

/**
 * What a visitor chose about a file. Empty texts leave a choice to the server.
 *
 * @typedef {{currency: string, dateOrder: string, decimal: string, isPatch: boolean, isPartial: boolean}} UploadChoices
 */

/** @typedef {{code: string, detail: string, retryAfterS: number|null, faulty: number, rows: ReportedRow[]}} UploadProblem */

/** @type {UploadProblem} */
const UNREADABLE = { code: "unreadable_file", detail: "", retryAfterS: null, faulty: 0, rows: [] };

/**
 * Store a file as the prices of a ticker, or add its days to them.
 *
 * @param {string} ticker
 * @param {File} file
 * @param {UploadChoices} choices
 * @returns {Promise<{stored: StoredUpload, problem: null} | {stored: null, problem: UploadProblem}>}
 * @throws {ApiError} if the server does not answer
 */
export async function uploadPrices(ticker, file, choices) {
  const content = await read(file);
  if (!content) return { stored: null, problem: UNREADABLE };
  const response = await send(`api/v1/prices/${encodeURIComponent(ticker)}?${queryOf(choices)}`, choices.isPatch, content);
  const body = await response.json().catch(() => null);
  if (response.ok && body) return { stored: body, problem: null };
  if (typeof body?.code !== "string") throw new ApiError({ code: response.ok ? "bad_answer" : "unreachable" });
  const retryAfterS = Number(response.headers.get("Retry-After")) || null;
  const { code, detail, faulty = 0, rows = [] } = body;
  return { stored: null, problem: { code, detail, retryAfterS, faulty, rows } };
}

/**
 * Read a file into memory. While a file on disk is sent, a failure to read it looks like a lost connection.
 *
 * @param {File} file
 * @returns {Promise<Blob|null>} null if the file has changed since it was chosen, or cannot be read
 */
async function read(file) {
  try {
    return new Blob([await file.arrayBuffer()], { type: file.type });
  } catch {
    return null;
  }
}

/**
 * @param {string} url
 * @param {boolean} isPatch
 * @param {Blob} content
 */
async function send(url, isPatch, content) {
  try {
    return await fetch(url, { method: isPatch ? "PATCH" : "PUT", body: content, cache: "no-store" });
  } catch {
    throw new ApiError({ code: "unreachable" });
  }
}

/** @param {UploadChoices} choices */
function queryOf({ currency, dateOrder, decimal, isPartial }) {
  const chosen = { currency, date_order: dateOrder, decimal, partial: isPartial ? "true" : "" };
  return new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
}
