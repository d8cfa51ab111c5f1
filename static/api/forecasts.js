/** Client of the forecast API: sends one request, follows its stages and returns the result or throws `ForecastError`. */

const FORECASTS = "api/v1/forecasts";
const FIRST_POLL_MS = 150;
const SLOWEST_POLL_MS = 1000;
const POLL_GROWTH = 1.4;
const HEADERS_WITHIN_MS = 15_000;
const RETRY_PAUSES_MS = [400, 800, 1600, 3200];
const GIVE_UP_AFTER_MS = 20_000;
const MOST_RESENDS = 2;
/** Codes after which the same call may succeed a moment later. */
const TRANSIENT = ["unreachable", "busy", "rate_limited"];

/**
 * `signal` ends everything: the promise then rejects with the signal's reason. `onSend` receives the id by which the
 * request can be cancelled, `onStage` each stage (accepted, ingesting, forecasting), `onRetry` each pause before a retry.
 *
 * @typedef {object} Observer
 * @property {AbortSignal} signal
 * @property {(requestId: string) => void} [onSend]
 * @property {(stage: string) => void} [onStage]
 * @property {(retry: {code: string, retryInMs: number}) => void} [onRetry]
 */

/** @typedef {{code: string, detail?: string, status?: number, retryAfterS?: number|null, requestId?: string}} Problem */

/**
 * The failure of a request. `code` is one of the API's, `unreachable` (there was no answer) or `bad_answer` (the answer
 * was not the API's). `requestId` is empty unless the request has ended.
 */
export class ForecastError extends Error {
  /** @param {Problem} problem */
  constructor({ code, detail = "", status = 0, retryAfterS = null, requestId = "" }) {
    super(detail || code);
    this.name = "ForecastError";
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.retryAfterS = retryAfterS;
    this.requestId = requestId;
  }
}

/**
 * Request a forecast and poll until it ends.
 *
 * The request id makes a repeated POST safe: if the network fails or the server lost the record, the same request is sent
 * again under the same id.
 *
 * @param {Question} question
 * @param {Observer} observer
 * @returns {Promise<FinishedForecast>}
 * @throws {ForecastError}
 */
export async function requestForecast(question, { signal, onSend, onStage, onRetry }) {
  const body = { ...question, request_id: newRequestId() };
  onSend?.(body.request_id);
  const send = () => withRetries(() => post(body, signal), signal, onRetry);
  const poll = () => withRetries(() => get(body.request_id, signal), signal, onRetry);

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
      if (!(error instanceof ForecastError) || !isTransient(error)) throw error;
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
 * @param {ForecastError} error
 */
function isTransient({ code, requestId }) {
  return TRANSIENT.includes(code) && !requestId;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ForecastError ? error.code : null;
}

/**
 * @param {object} body
 * @param {AbortSignal} signal
 */
function post(body, signal) {
  return exchange(FORECASTS, signal, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "wait=0" },
    body: JSON.stringify(body),
  });
}

/**
 * @param {string} requestId
 * @param {AbortSignal} signal
 */
function get(requestId, signal) {
  return exchange(`${FORECASTS}/${requestId}`, signal, { cache: "no-store" });
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {RequestInit} options
 * @returns {Promise<{status: string}>}
 */
async function exchange(url, signal, options) {
  const response = await fetchHeaders(url, signal, options);
  const body = await readJson(response, signal);
  if (response.ok && isAnswer(body)) return body;
  throw failureOf(response, body);
}

/**
 * Fetch with a limit on the time to the headers only: a large body over a slow line may take longer.
 *
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {RequestInit} options
 */
async function fetchHeaders(url, signal, options) {
  signal.throwIfAborted();
  const attempt = new AbortController();
  const abort = () => attempt.abort();
  // Never removed: it also ends the download of the body.
  signal.addEventListener("abort", abort);
  const timer = setTimeout(abort, HEADERS_WITHIN_MS);
  try {
    return await fetch(url, { ...options, signal: attempt.signal });
  } catch {
    signal.throwIfAborted();
    throw new ForecastError({ code: "unreachable" });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Response} response
 * @param {AbortSignal} signal
 * @returns {Promise<any>} null if the body is not JSON
 */
async function readJson(response, signal) {
  const text = await response.text().catch(() => {
    signal.throwIfAborted();
    throw new ForecastError({ code: "unreachable" });
  });
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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

/**
 * @param {Response} response
 * @param {any} body
 */
function failureOf({ status, headers }, body) {
  const retryAfterS = parseSeconds(headers.get("Retry-After"));
  if (typeof body?.code === "string") {
    const { code, detail, request_id: requestId } = body;
    return new ForecastError({ code, detail, status, retryAfterS, requestId });
  }
  // A proxy whose server is down answers with one of these, and with a body of its own.
  const code = [502, 503, 504].includes(status) ? "unreachable" : "bad_answer";
  return new ForecastError({ code, status, retryAfterS });
}

/** @param {string|null} retryAfter */
function parseSeconds(retryAfter) {
  return /^\d{1,5}$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
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
