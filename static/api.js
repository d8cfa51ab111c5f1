/**
 * The forecast API as the page uses it: one question in, stages on the way, one result or one `ForecastError` out.
 * Knows nothing of the page.
 */

const FORECASTS = "api/v1/forecasts";
const FIRST_POLL_MS = 150;
const SLOWEST_POLL_MS = 1000;
const POLL_GROWTH = 1.4;
const HEADERS_WITHIN_MS = 15_000;
const RETRY_PAUSES_MS = [400, 800, 1600, 3200];
const GIVE_UP_AFTER_MS = 20_000;
const LOST_RECORDS = 2;
const PASSING = ["unreachable", "busy", "rate_limited"];

/**
 * A typed end of a question. `code` is one of the API's, or `unreachable` (no answer at all) or `bad_answer` (an answer
 * that is not the API's).
 */
export class ForecastError extends Error {
  /** @param {{code: string, detail?: string, status?: number, retryAfterS?: number|null, requestId?: string}} about */
  constructor({ code, detail = "", status = 0, retryAfterS = null, requestId = "" }) {
    super(detail || code);
    this.name = "ForecastError";
    Object.assign(this, { code, detail, status, retryAfterS, requestId });
  }
}

/**
 * Ask for a forecast and follow it to its end.
 *
 * The request id makes the POST safe to repeat: where the network fails, or the server lost the record, the same
 * question is sent again under the same id.
 *
 * @param {{ticker: string, days: number}} question
 * @param {object} how
 * @param {AbortSignal} how.signal ends everything; the promise then rejects with the signal's reason
 * @param {(requestId: string) => void} how.onSend called once, with the id under which the question can be cancelled
 * @param {(stage: string) => void} how.onStage called with each status on the way: accepted, ingesting, forecasting
 * @param {(trouble: {code: string, retryInMs: number}) => void} how.onTrouble called before each repeated try
 * @returns {Promise<object>} the finished result
 * @throws {ForecastError}
 */
export async function askForecast(question, { signal, onSend, onStage, onTrouble }) {
  const body = { ...question, request_id: newRequestId() };
  onSend(body.request_id);
  const send = () => persistently(() => post(body, signal), signal, onTrouble);
  const poll = () => persistently(() => get(body.request_id, signal), signal, onTrouble);

  let answer = await send();
  let pause = FIRST_POLL_MS;
  let lost = 0;
  while (answer.status !== "done") {
    onStage(answer.status);
    await sleep(pause, signal);
    pause = Math.min(pause * POLL_GROWTH, SLOWEST_POLL_MS);
    try {
      answer = await poll();
    } catch (error) {
      if (error.code !== "not_found" || lost === LOST_RECORDS) throw error;
      lost += 1;
      answer = await send();
    }
  }
  return answer;
}

/** Cancel the request at the server. The page goes on whether the server receives this or not. */
export async function cancelForecast(requestId) {
  try {
    await fetch(`${FORECASTS}/${requestId}`, { method: "DELETE", keepalive: true });
  } catch {
    // The request then ends by its own deadline.
  }
}

/** Repeat `attempt` while it fails in a way that passes, with growing pauses, for a little while. */
async function persistently(attempt, signal, onTrouble) {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  for (const pause of [...RETRY_PAUSES_MS, null]) {
    try {
      return await attempt();
    } catch (error) {
      if (!PASSING.includes(error.code) || isEnd(error) || pause === null) throw error;
      const retryInMs = Math.max(pause, (error.retryAfterS ?? 0) * 1000);
      if (Date.now() + retryInMs > giveUpAt) throw error;
      onTrouble({ code: error.code, retryInMs });
      await sleep(retryInMs, signal);
    }
  }
}

/** A problem that names its request is that request's end; one that does not is about this call only. */
function isEnd(error) {
  return Boolean(error.requestId);
}

function post(body, signal) {
  return exchange(FORECASTS, signal, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "wait=0" },
    body: JSON.stringify(body),
  });
}

function get(requestId, signal) {
  return exchange(`${FORECASTS}/${requestId}`, signal, { cache: "no-store" });
}

async function exchange(url, signal, options) {
  const response = await fetchHeaders(url, signal, options);
  const body = await readJson(response, signal);
  if (response.ok && isAnswer(body)) return body;
  throw failureFrom(response, body);
}

/** Fetch with a limit on the time to the headers only: a large body over a slow line may take longer. */
async function fetchHeaders(url, signal, options) {
  signal.throwIfAborted();
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener("abort", stop);
  const timer = setTimeout(stop, HEADERS_WITHIN_MS);
  try {
    return await fetch(url, { ...options, signal: attempt.signal });
  } catch {
    signal.throwIfAborted();
    throw new ForecastError({ code: "unreachable" });
  } finally {
    // The listener stays: it ends the body's download when the question is replaced.
    clearTimeout(timer);
  }
}

async function readJson(response, signal) {
  let text;
  try {
    text = await response.text();
  } catch {
    signal.throwIfAborted();
    throw new ForecastError({ code: "unreachable" });
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether `body` is a stage, or a result with what the page cannot do without. */
function isAnswer(body) {
  if (body?.status !== "done") return typeof body?.status === "string";
  return Number.isFinite(body.predicted_price) && Boolean(body.interval && body.data && body.model);
}

function failureFrom(response, body) {
  const { status } = response;
  const retryAfterS = secondsOf(response.headers.get("Retry-After"));
  if (typeof body?.code === "string") {
    return new ForecastError({
      code: body.code, detail: body.detail, status, retryAfterS, requestId: body.request_id,
    });
  }
  // A proxy without its server answers so, in no format of ours.
  const code = [502, 503, 504].includes(status) ? "unreachable" : "bad_answer";
  return new ForecastError({ code, status, retryAfterS });
}

function secondsOf(retryAfter) {
  return /^\d{1,5}$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
}

/** `crypto.randomUUID` exists in secure contexts only; the page is also read over plain HTTP in a home network. */
function newRequestId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    function finish() {
      signal.removeEventListener("abort", stop);
      resolve();
    }
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
