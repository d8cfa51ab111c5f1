import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { makeReport, MOST_STOCKS } from "../../../static/watchlists/list_report.js";
import { result } from "./results.js";

const realFetch = globalThis.fetch;
const REPORT = { status: "done", request_id: "r1", pages: 5 };
let bodies = [];
/** Returns the status and the body of an answer to a request. */
let answer = () => [200, result({ status: "done" })];

beforeEach(() => {
  bodies = [];
  globalThis.fetch = async (path, options) => {
    const body = JSON.parse(options.body);
    bodies.push(body);
    const [status, content] = String(path).includes("reports") ? [200, REPORT] : answer(body);
    return new Response(JSON.stringify(content), { status, headers: { "Content-Type": "application/json" } });
  };
});
afterEach(() => {
  globalThis.fetch = realFetch;
  answer = () => [200, result({ status: "done" })];
});

const stock = (ticker) => ({ ticker, days: 30, level: 0.8, model: "blend" });
const made = (stocks, onProgress = () => {}) => makeReport({ name: "Tech", stocks }, new AbortController().signal, onProgress);

test("a report names the forecasts of a list in its order, and the list", async () => {
  const words = [];
  const addresses = await made([stock("AAPL"), stock("MSFT")], (text) => words.push(text));
  assert.deepEqual(addresses, { pdf: "api/v1/reports/r1/report.pdf", html: "api/v1/reports/r1/report.html" });
  const [first, second, report] = bodies;
  assert.deepEqual([report.ticker, report.title, report.forecasts], ["AAPL", "Tech", [first.request_id, second.request_id]]);
  assert.deepEqual(words, ["Forecasting AAPL, stock 1 of 2", "Forecasting MSFT, stock 2 of 2"]);
});

test("a stock that fails stays in the report, which states the reason", async () => {
  answer = ({ ticker }) => (ticker === "AAPLE" ? [404, { code: "unknown_ticker", detail: "", request_id: "x" }] : [200, result({ status: "done" })]);
  await made([stock("AAPL"), stock("AAPLE")]);
  assert.equal(bodies.at(-1).forecasts.length, 2);
});

test("a failure of all stocks ends the report", async () => {
  answer = () => [401, { code: "unauthenticated", detail: "Log in." }];
  await assert.rejects(made([stock("AAPL"), stock("MSFT")]), { code: "unauthenticated" });
  assert.equal(bodies.length, 1);
});

test("a report has the first fifty stocks", async () => {
  await made(Array.from({ length: 60 }, (_, at) => stock(`S${at}`)));
  assert.equal(bodies.at(-1).forecasts.length, MOST_STOCKS);
});
