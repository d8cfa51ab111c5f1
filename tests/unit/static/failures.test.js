import assert from "node:assert/strict";
import { test } from "node:test";
import { daysProblem, explainFailure, failureText, tickerProblem } from "../../../static/text/failures.js";
import { plain } from "./plain.js";

const DETAIL = "A detail of the server’s.";
const LIMITS = { min: 1, max: 10000 };

function words(code, { retryAfterS = null, isRetried = false } = {}) {
  const { field, title, text } = failureText({ code, detail: DETAIL, retryAfterS }, isRetried);
  return { field, title, text: plain(text) };
}

test("a problem with a field stands beside it, without a title", () => {
  const { field, title, text } = words("unknown_ticker");
  assert.deepEqual([field, title], ["ticker", ""]);
  assert.match(text, /^A detail of the server’s\. Check the spelling/);
  assert.equal(words("invalid_days").field, "days");
});

test("another failure has a title, and advice after the server's detail", () => {
  const { field, title, text } = words("too_little_data");
  assert.deepEqual([field, title], [null, "There are too few prices for a forecast."]);
  assert.equal(text, `${DETAIL} Choose another ticker, or more of the past.`);
});

test("the inside of the system is never shown", () => {
  for (const code of ["busy", "worker_crashed", "forecast_failed", "invalid_request", "request_conflict", "not_found", "deadline_exceeded"]) {
    assert.doesNotMatch(words(code).text, /detail/);
  }
});

test("the advice has the server's wait, in minutes from two on", () => {
  assert.equal(words("busy", { retryAfterS: 30 }).text, "Try again in 30 seconds.");
  assert.equal(words("busy", { retryAfterS: 130 }).text, "Try again in 3 minutes.");
  assert.equal(words("busy").text, "Try again in a moment.");
});

test("advice that the server gives is not repeated", () => {
  const detail = "No price source has this ticker. Check the spelling or search by company name.";
  assert.equal(failureText({ code: "unknown_ticker", detail, retryAfterS: null }).text, detail);
});

test("beside a countdown there is no advice to try again", () => {
  assert.equal(words("provider_unavailable", { retryAfterS: 60, isRetried: true }).text, DETAIL);
});

test("an unknown code has the server's detail", () => {
  assert.deepEqual(words("a_code_of_tomorrow"), {
    field: null,
    title: "Something went wrong.",
    text: `${DETAIL} Try again later.`,
  });
});

test("a ticker and a number of days are checked before they are sent", () => {
  assert.equal(tickerProblem(" "), "Enter a ticker, such as AAPL.");
  assert.equal(tickerProblem("AAPL"), "");
  for (const days of [0, -1, 1.5, Number.NaN, 10001]) {
    assert.equal(daysProblem(days, LIMITS), "Enter a whole number of days from 1 to 10000.");
  }
  assert.equal(daysProblem(10000, LIMITS), "");
});

test("a page of accounts shows the server's sentence, else the words of the code", () => {
  assert.equal(explainFailure({ code: "unauthenticated", detail: "The password is wrong.", retryAfterS: null }), "The password is wrong.");
  const unreachable = explainFailure({ code: "unreachable", detail: "", retryAfterS: null });
  assert.match(unreachable, /^The server cannot be reached\. Check that you are online/);
});
