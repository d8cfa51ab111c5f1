import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { call } from "../../../static/api/exchange.js";

const fetchOfNode = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = fetchOfNode;
});

/** Let every call be answered with this response. */
function answer(status, body = null, headers = {}) {
  globalThis.fetch = async () => new Response(body, { status, headers });
}

test("an answer without content is null", async () => {
  for (const status of [202, 204]) {
    answer(status);
    assert.equal(await call("sessions"), null);
  }
});

test("an accepted call may also have content", async () => {
  answer(202, '{"state": "accepted"}');
  assert.deepEqual(await call("forecasts"), { state: "accepted" });
});

test("an answer that must have content and has none is no answer of the API", async () => {
  answer(200);
  await assert.rejects(call("alerts"), { code: "bad_answer", status: 200 });
});

test("a failure has the code, the sentence and the wait of the server", async () => {
  answer(429, '{"code": "rate_limited", "detail": "Too many log-ins."}', { "Retry-After": "7" });
  await assert.rejects(call("sessions"), { code: "rate_limited", detail: "Too many log-ins.", status: 429, retryAfterS: 7 });
});

test("a call below the address of the page goes to the API, past every cache", async () => {
  const calls = [];
  globalThis.fetch = async (url, options) => {
    calls.push([url, options.cache]);
    return new Response("{}", { status: 200 });
  };
  await call("alerts");
  assert.deepEqual(calls, [["api/v1/alerts", "no-store"]]);
});

test("a server that does not answer is unreachable", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(call("alerts"), { code: "unreachable", status: 0 });
});
