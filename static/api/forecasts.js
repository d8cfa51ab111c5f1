/** Client of the forecast API: sends one request, follows its stages and returns the result or throws `ApiError`. */

import { ApiError, exchange } from "./exchange.js";

const FORECASTS = "api/v1/forecasts";
const FIRST_POLL_MS = 150;
const SLOWEST_POLL_MS = 1000;
const POLL_GROWTH = 1.4;
const RETRY_PAUSES_MS = [400, 800, 1600, 3200];
const GIVE_UP_AFTER_MS = 20_000;
const MOST_RESENDS = 2;
/** Codes after which the same call may succeed a moment later. */
const TRANSIENT = ["unreachable", "busy", "rate_limited"];

/**
 * `signal` ends everything: the promise then rejects with the signal's reason. `onSend` receives the id by which the
 * request can be cancelled, `onStage` each stage (accepted, ingesting, forecasting), `onRetry` each pause before a retry.
 * `fields` names the fields of the result, by default all.
 *
 * @typedef {object} Observer
 * @property {AbortSignal} signal
 * @property {string} [fields]
 * @property {(requestId: string) => void} [onSend]
 * @property {(stage: string) => void} [onStage]
 * @property {(retry: {code: string, retryInMs: number}) => void} [onRetry]
 */

/**
 * Request a forecast and poll until it ends.
 *
 * The request id makes a repeated POST safe: if the network fails or the server lost the record, the same request is sent
 * again under the same id.
 *
 * @param {Question} question
 * @param {Observer} observer
 * @returns {Promise<FinishedForecast>}
 * @throws {ApiError}
 */
export async function requestForecast(question, { signal, fields, onSend, onStage, onRetry }) {
  const body = { ...question, request_id: newRequestId() };
  onSend?.(body.request_id);
  const query = fields ? `?fields=${fields}` : "";
  const send = () => withRetries(() => post(query, body, signal), signal, onRetry);
  const poll = () => withRetries(() => get(`/${body.request_id}${query}`, signal), signal, onRetry);

  let answer = await send();
  let pause = FIRST_POLL_MS;
  let resends = 0;
  for (;;) {
    if (isFinished(answer)) return answer;
    onStage?.(answer.status);
    await sleep(pause, signal);
    pause = Math.min(pause * POLL_GROWTH, SLOWEST_POLL_MS);
    try {
      answer = await poll();
    } catch (error) {
      if (codeOf(error) !== "not_found" || resends === MOST_RESENDS) throw error;
      resends += 1;
      answer = await send();
    }
  }
}

/**
 * Cancel the request at the server. If that fails, the request ends at its deadline.
 *
 * @param {string} requestId
 */
export async function cancelForecast(requestId) {
  await fetch(`${FORECASTS}/${requestId}`, { method: "DELETE", keepalive: true }).catch(() => null);
}

/**
 * Repeat `attempt` after transient failures, with growing pauses.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {AbortSignal} signal
 * @param {Observer["onRetry"]} onRetry
 * @returns {Promise<T>}
 */
async function withRetries(attempt, signal, onRetry) {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  for (const pause of RETRY_PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || !isTransient(error)) throw error;
      const retryInMs = Math.max(pause, (error.retryAfterS ?? 0) * 1000);
      if (Date.now() + retryInMs > giveUpAt) throw error;
      onRetry?.({ code: error.code, retryInMs });
      await sleep(retryInMs, signal);
    }
  }
  return attempt();
}

/**
 * A problem with a request id is the end of that request. One without is about a single call.
 *
 * @param {ApiError} error
 */
function isTransient({ code, requestId }) {
  return TRANSIENT.includes(code) && !requestId;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ApiError ? error.code : null;
}

/**
 * @param {string} query
 * @param {object} body
 * @param {AbortSignal} signal
 */
function post(query, body, signal) {
  return answerOf(query, signal, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "wait=0" },
    body: JSON.stringify(body),
  });
}

/**
 * @param {string} path
 * @param {AbortSignal} signal
 */
function get(path, signal) {
  return answerOf(path, signal, { cache: "no-store" });
}

/**
 * @param {string} path below that of the forecasts
 * @param {AbortSignal} signal
 * @param {RequestInit} options
 * @returns {Promise<{status: string}>}
 */
async function answerOf(path, signal, options) {
  const body = await exchange(`${FORECASTS}${path}`, { ...options, signal });
  if (isAnswer(body)) return body;
  throw new ApiError({ code: "bad_answer" });
}

/**
 * Return whether `body` is a stage, or a result with the fields that the page needs.
 *
 * @param {any} body
 */
function isAnswer(body) {
  if (body?.status !== "done") return typeof body?.status === "string";
  return Number.isFinite(body.predicted_price) && Boolean(body.interval && body.data && body.model);
}

/**
 * @param {{status: string}} answer
 * @returns {answer is FinishedForecast}
 */
function isFinished(answer) {
  return answer.status === "done";
}

/** `crypto.randomUUID` exists in secure contexts only, and a home network often uses plain HTTP. */
function newRequestId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  // RFC 9562: 4 is the version, 8 the variant.
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
