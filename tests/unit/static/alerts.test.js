import assert from "node:assert/strict";
import { test } from "node:test";
import { alertProblem, describeState, describeTest, readCondition } from "../../../static/text/alerts.js";
import { plain } from "./plain.js";

const TYPED = { price: "450", moves: "3", days: "30", percent: "20", tradingDays: "1", currency: "USD" };

function inWords(kind, changes = {}) {
  const read = readCondition(kind, { ...TYPED, ...changes });
  assert.notEqual(typeof read, "string", read);
  return [plain(read.words), read.condition];
}

test("each condition has its sentence and its parameters", () => {
  assert.deepEqual(inWords("above"), ["closes above $450.00", { kind: "price", side: "above", price: 450 }]);
  assert.deepEqual(inWords("below", { currency: "" }), ["closes below 450", { kind: "price", side: "below", price: 450 }]);
  assert.deepEqual(inWords("unusual_move", { moves: "2.5" }), [
    "moves by more than 2.5 usual daily moves in a day",
    { kind: "unusual_move", usual_moves: 2.5 },
  ]);
  assert.deepEqual(inWords("chance_below"), [
    "has a chance of more than 20 % to end below $450.00 in 30 days",
    { kind: "chance_below", price: 450, days: 30, probability: 0.2 },
  ]);
  assert.deepEqual(inWords("band"), ["closes outside the 95 % range of its forecast", { kind: "band" }]);
  assert.deepEqual(inWords("volatility")[1], { kind: "volatility" });
  assert.deepEqual(inWords("missing_data"), [
    "has had no new close for 1 trading day",
    { kind: "missing_data", trading_days: 1 },
  ]);
});

test("what is wrong is explained", () => {
  const problem = (kind, changes) => readCondition(kind, { ...TYPED, ...changes });
  assert.match(problem("above", { price: "" }), /^Enter a price above 0/);
  assert.match(problem("above", { price: "£450" }), /in USD/);
  assert.match(problem("above", { price: "$450", currency: "" }), /^Type the number alone/);
  assert.match(problem("unusual_move", { moves: "0.5" }), /^Enter the number of usual moves, from 1 to 20/);
  assert.match(problem("chance_below", { percent: "100" }), /chance in percent, from 1 to 99/);
  assert.match(problem("chance_below", { days: "" }), /number of days/);
  assert.match(problem("missing_data", { tradingDays: "x" }), /trading days/);
  assert.equal(problem("unheard_of", {}), "Choose a condition.");
});

test("the state says what happens next", () => {
  const alert = { enabled: true, state: "armed", judged_through: "2013-03-01" };
  assert.equal(plain(describeState(alert)), "Armed. Judged up to the close of 1 Mar 2013.");
  assert.equal(describeState({ ...alert, judged_through: null }), "Armed.");
  assert.match(describeState({ ...alert, state: "fired" }), /^Waits until its condition is no longer met/);
  assert.match(describeState({ ...alert, enabled: false }), /^Paused/);
});

test("a test tells whether it has reached the channel", () => {
  assert.equal(describeTest({ state: "delivered", last_result: "200" }, "Mine"), "The test has reached Mine.");
  assert.match(describeTest({ state: "pending", last_result: "status 500" }, "Mine"), /not reached Mine: status 500\.$/);
  assert.match(describeTest({ state: "failed", last_result: "" }, "Mine"), /sent again later/);
});

test("a failure is in words about alerts", () => {
  const words = (code, detail = "") => alertProblem({ code, detail, retryAfterS: null });
  assert.equal(words("not_found", "No prices of X are stored."), "No prices of X are stored.");
  assert.match(words("unauthenticated", "Log in."), /^Alerts need an account/);
  assert.match(words("store_unavailable"), /^Accounts and lists cannot be read/);
});
