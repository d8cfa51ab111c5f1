import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { ApiError } from "../../../static/api/exchange.js";
import { requestForecast } from "../../../static/api/forecasts.js";
import { result } from "./results.js";

const QUESTION = { ticker: "AAPL", days: 30 };
const DONE = [200, result({ status: "done" })];
const realFetch = globalThis.fetch;

/** The answers that are due, and the requests that came. */
let answers = [];
let requests = [];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    requests.push({ method: request.method, id: body && JSON.parse(body).request_id });
    const [status, content, headers = {}] = answers.shift();
    response.writeHead(status, headers).end(typeof content === "string" ? content : JSON.stringify(content));
  });
});

before(async () => {
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const base = `http://127.0.0.1:${server.address().port}/`;
  globalThis.fetch = (path, options) => realFetch(new URL(path, base), options);
});
beforeEach(() => {
  requests = [];
});
after(() => {
  globalThis.fetch = realFetch;
  server.closeAllConnections();
  server.close();
});

function ask(...due) {
  answers = due;
  const stages = [];
  const retries = [];
  const observer = {
    signal: new AbortController().signal,
    onStage: (stage) => stages.push(stage),
    onRetry: ({ code }) => retries.push(code),
  };
  return requestForecast(QUESTION, observer).then(({ ticker }) => ({ ticker, stages, retries }));
}

test("a request is polled until it is done", async () => {
  const seen = await ask([202, { status: "accepted" }], [200, { status: "forecasting" }], DONE);
  assert.deepEqual(seen, { ticker: "AAPL", stages: ["accepted", "forecasting"], retries: [] });
  assert.deepEqual(
    requests.map(({ method }) => method),
    ["POST", "GET", "GET"],
  );
});

test("a transient failure is retried under the same id", async () => {
  const seen = await ask([503, { code: "busy", detail: "" }], [502, "<h1>Bad Gateway</h1>"], DONE);
  assert.deepEqual(seen.retries, ["busy", "unreachable"]);
  assert.equal(new Set(requests.map(({ id }) => id)).size, 1);
});

test("a poll is retried too, and a failure that is the request's end is its end", async () => {
  const busy = { code: "busy", detail: "" };
  const seen = await ask([202, { status: "accepted" }], [503, busy], [200, { status: "forecasting" }], DONE);
  assert.deepEqual(seen, { ticker: "AAPL", stages: ["accepted", "forecasting"], retries: ["busy"] });
  await assert.rejects(ask([202, { status: "accepted" }], [503, { ...busy, request_id: "123" }]), { code: "busy" });
});

test("a lost record is requested again under its id", async () => {
  await ask([202, { status: "accepted" }], [404, { code: "not_found", detail: "" }], DONE);
  assert.deepEqual(
    requests.map(({ method }) => method),
    ["POST", "GET", "POST"],
  );
  assert.equal(requests[0].id, requests[2].id);
});

test("a failure that is the request's end is not retried", async () => {
  const end = { code: "busy", detail: "", request_id: "123" };
  await assert.rejects(ask([503, end]), (error) => error instanceof ApiError && error.code === "busy");
  assert.equal(requests.length, 1);
});

test("a wait longer than the page's patience is left to the reader", async () => {
  await assert.rejects(ask([429, { code: "rate_limited", detail: "" }, { "Retry-After": "60" }]), { retryAfterS: 60 });
  assert.equal(requests.length, 1);
});

test("an answer that is not the API's is a failure", async () => {
  for (const body of ['"text"', "<html>", '{"status": "done"}', "{}"]) {
    await assert.rejects(ask([200, body]), { code: "bad_answer" });
  }
});

test("an aborted request ends with the reason", async () => {
  answers = [[202, { status: "accepted" }]];
  const controller = new AbortController();
  const observer = { signal: controller.signal, onStage: () => controller.abort(new Error("replaced")) };
  await assert.rejects(requestForecast(QUESTION, observer), { message: "replaced" });
});
