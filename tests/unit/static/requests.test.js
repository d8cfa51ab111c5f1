import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { cancelRequest, requestResult } from "../../../static/api/requests.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** Answer the calls in order with these bodies; return the calls that came. */
function answerWith(...bodies) {
  const calls = [];
  globalThis.fetch = async (url, { method = "GET" }) => {
    calls.push(`${method} ${url.replace(/[\da-f-]{36}/, "ID")}`);
    return Response.json(bodies.shift());
  };
  return calls;
}

const observer = { signal: new AbortController().signal };

test("a request of any kind reports its progress with words", async () => {
  const work = { status: "computing", progress: 0.3, step: "ETS, origin 12 of 40" };
  const calls = answerWith({ status: "accepted", progress: null, step: null }, work, { status: "done", models: [] });
  const seen = [];
  const onStage = (stage, { progress, step }) => seen.push([stage, progress, step]);
  const result = await requestResult("evaluations", { ticker: "AAPL" }, () => true, { ...observer, onStage });
  assert.deepEqual(result.models, []);
  assert.deepEqual(seen, [
    ["accepted", null, null],
    ["computing", 0.3, "ETS, origin 12 of 40"],
  ]);
  assert.deepEqual(calls, ["POST api/v1/evaluations", "GET api/v1/evaluations/ID", "GET api/v1/evaluations/ID"]);
});

test("a finished answer without the fields of its kind is a failure", async () => {
  answerWith({ status: "done" });
  const hasModels = (result) => Array.isArray(result.models);
  await assert.rejects(requestResult("evaluations", { ticker: "AAPL" }, hasModels, observer), { code: "bad_answer" });
});

test("a request is cancelled under the address of its kind", async () => {
  const calls = answerWith({ status: "cancelled" });
  await cancelRequest("patterns", "00000000-0000-4000-8000-000000000000");
  assert.deepEqual(calls, ["DELETE api/v1/patterns/ID"]);
});
