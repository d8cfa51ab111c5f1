/** Client of the API's requests of every kind: sends one, follows its stages and returns the result or throws `ApiError`. */

import { ApiError, exchange } from "./exchange.js";

const API = "api/v1/";
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
 * request can be cancelled, `onStage` each stage (accepted, ingesting, forecasting or computing) with the whole progress,
 * `onRetry` each pause before a retry. `fields` names the fields of the result, by default all.
 *
 * @typedef {object} Observer
 * @property {AbortSignal} signal
 * @property {string} [fields]
 * @property {(requestId: string) => void} [onSend]
 * @property {(stage: string, progress: {progress?: number|null, step?: string|null}) => void} [onStage]
 * @property {(retry: {code: string, retryInMs: number}) => void} [onRetry]
 */

/**
 * Send a request and poll until it ends.
 *
 * The request id makes a repeated POST safe: if the network fails or the server lost the record, the same request is sent
 * again under the same id.
 *
 * @param {string} path of the kind, such as "forecasts"
 * @param {object} question
 * @param {(result: any) => boolean} isResult returns whether a finished answer has the fields that the page needs
 * @param {Observer} observer
 * @returns {Promise<any>} the finished answer
 * @throws {ApiError}
 */
export async function requestResult(path, question, isResult, { signal, fields, onSend, onStage, onRetry }) {
  const body = { ...question, request_id: newRequestId() };
  onSend?.(body.request_id);
  const query = fields ? `?fields=${fields}` : "";
  const exchangeOne = async (/** @type {string} */ rest, /** @type {RequestInit} */ options) =>
    checked(await exchange(`${API}${path}${rest}${query}`, { ...options, signal }), isResult);
  const send = () => withRetries(() => exchangeOne("", posting(body)), signal, onRetry);
  const poll = () => withRetries(() => exchangeOne(`/${body.request_id}`, { cache: "no-store" }), signal, onRetry);

  let answer = await send();
  let pause = FIRST_POLL_MS;
  let resends = 0;
  for (;;) {
    if (answer.status === "done") return answer;
    onStage?.(answer.status, answer);
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
 * Cancel a request at the server. If that fails, the request ends at its deadline.
 *
 * @param {string} path of the kind
 * @param {string} requestId
 */
export async function cancelRequest(path, requestId) {
  await fetch(`${API}${path}/${requestId}`, { method: "DELETE", keepalive: true }).catch(() => null);
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
 * @param {object} body
 * @returns {RequestInit}
 */
function posting(body) {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "wait=0" },
    body: JSON.stringify(body),
  };
}

/**
 * @param {any} body of a stage or a result
 * @param {(result: any) => boolean} isResult
 */
function checked(body, isResult) {
  if (body?.status === "done" ? isResult(body) : typeof body?.status === "string") return body;
  throw new ApiError({ code: "bad_answer" });
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
