/** Exchanges with the API: one call each, which returns the content of the answer or throws `ApiError`. */

const HEADERS_WITHIN_MS = 15_000;
/** Statuses whose answer may have no content. */
const MAY_BE_EMPTY = [202, 204, 304];

/** @typedef {{code: string, detail?: string, status?: number, retryAfterS?: number|null, requestId?: string}} Problem */

/**
 * The failure of a call. `code` is one of the API's, `unreachable` (there was no answer) or `bad_answer` (the answer
 * was not the API's). `requestId` is empty unless the request has ended.
 */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor({ code, detail = "", status = 0, retryAfterS = null, requestId = "" }) {
    super(detail || code);
    this.name = "ApiError";
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.retryAfterS = retryAfterS;
    this.requestId = requestId;
  }
}

/**
 * Make a call.
 *
 * @param {string} url
 * @param {RequestInit & {signal: AbortSignal}} options
 * @returns {Promise<any>} the content of the answer; null if it has none
 * @throws {ApiError}
 */
export async function exchange(url, options) {
  return (await exchangeTagged(url, options)).body;
}

/**
 * @param {string} url
 * @param {RequestInit & {signal: AbortSignal}} options
 */
async function exchangeTagged(url, options) {
  const response = await fetchHeaders(url, options);
  const text = await readText(response, options.signal);
  const tag = response.headers.get("ETag") ?? "";
  if (!text && MAY_BE_EMPTY.includes(response.status)) return { body: null, tag };
  const body = parseJson(text);
  if (response.ok && body !== null) return { body, tag };
  throw failureOf(response, body);
}

/**
 * Make a call whose answer no cache keeps, and which nothing cancels.
 *
 * @param {string} path below `api/v1/`
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the content of the answer; null if it has none
 * @throws {ApiError}
 */
export function call(path, options = {}) {
  return exchange(`api/v1/${path}`, { cache: "no-store", ...options, signal: new AbortController().signal });
}

/**
 * Make a call whose answer is needed only if it has another tag.
 *
 * @param {string} path below `api/v1/`
 * @param {string} tag of the answer that the caller has; "" for none
 * @returns {Promise<{body: any, tag: string}>} no body if the answer has this tag
 * @throws {ApiError}
 */
export function callUnlessUnchanged(path, tag) {
  const headers = { "If-None-Match": tag };
  return exchangeTagged(`api/v1/${path}`, { cache: "no-store", ...(tag && { headers }), signal: new AbortController().signal });
}

/**
 * Make the options of a call that sends JSON.
 *
 * @param {string} method
 * @param {object} body
 * @returns {RequestInit}
 */
export function sending(method, body) {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/**
 * Fetch with a limit on the time to the headers only: a large body over a slow line may take longer.
 *
 * @param {string} url
 * @param {RequestInit & {signal: AbortSignal}} options
 */
async function fetchHeaders(url, options) {
  const { signal } = options;
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
    throw new ApiError({ code: "unreachable" });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Response} response
 * @param {AbortSignal} signal
 */
function readText(response, signal) {
  return response.text().catch(() => {
    signal.throwIfAborted();
    throw new ApiError({ code: "unreachable" });
  });
}

/**
 * @param {string} text
 * @returns {any} null if it is not JSON
 */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {Response} response
 * @param {any} body
 */
function failureOf({ status, headers }, body) {
  const retryAfterS = parseSeconds(headers.get("Retry-After"));
  if (typeof body?.code === "string") {
    const { code, detail, request_id: requestId } = body;
    return new ApiError({ code, detail, status, retryAfterS, requestId });
  }
  // A proxy whose server is down answers with one of these, and with a body of its own.
  const code = [502, 503, 504].includes(status) ? "unreachable" : "bad_answer";
  return new ApiError({ code, status, retryAfterS });
}

/** @param {string|null} retryAfter */
function parseSeconds(retryAfter) {
  return /^\d{1,5}$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
}
