import assert from "node:assert/strict";
import { test } from "node:test";
import {
  deletionQuestion,
  describeChance,
  describeClose,
  describeMove,
  describeRange,
  listProblem,
  questionsAsCsv,
} from "../../../static/text/watchlists.js";
import { plain } from "./plain.js";
import { distributed } from "./results.js";

const LATEST = { currency: "USD", last: "2013-03-01", last_close: 430.47, change_pct: -2.476, usual_moves: 1.18 };
const texts = ({ figure, detail }) => [figure, detail].map(plain);

test("a close has its day, and a stock without prices says so", () => {
  assert.deepEqual(texts(describeClose(LATEST)), ["$430.47", "1 Mar 2013"]);
  assert.deepEqual(texts(describeClose(null)), ["", "no prices stored"]);
});

test("a move is in percent and in usual moves", () => {
  assert.deepEqual(texts(describeMove(LATEST)), ["−2.5 %", "1.2 usual moves"]);
  assert.deepEqual(texts(describeMove({ ...LATEST, usual_moves: 1.04 })), ["−2.5 %", "1.0 usual moves"]);
});

test("a short history has no usual move, and a single day no change", () => {
  assert.deepEqual(texts(describeMove({ ...LATEST, usual_moves: null })), ["−2.5 %", ""]);
  assert.deepEqual(texts(describeMove({ ...LATEST, change_pct: null, usual_moves: null })), ["", ""]);
  assert.deepEqual(texts(describeMove(null)), ["", ""]);
});

test("a range has its level and its day", () => {
  assert.deepEqual(texts(describeRange(distributed())), ["$360.00 to $460.00", "80 %, 1 Apr 2013"]);
});

test("a chance is that of ending above the price of interest", () => {
  assert.deepEqual(texts(describeChance(distributed(), 410)), ["50 %", "above $410.00"]);
  assert.deepEqual(texts(describeChance(distributed(), null)), ["", ""]);
  assert.deepEqual(texts(describeChance(null, 410)), ["", ""]);
  assert.deepEqual(texts(describeChance(distributed({ distribution: null }), 410)), ["", ""]);
});

test("a failure is in words about lists", () => {
  const words = (code, detail = "") => plain(listProblem({ code, detail, retryAfterS: null }));
  assert.match(words("unauthenticated", "Log in."), /^Watchlists need an account/);
  assert.match(words("not_found"), /deleted in another window/);
  assert.equal(words("invalid_request", "Another watchlist has this name."), "Another watchlist has this name.");
  assert.equal(words("store_unavailable", "x"), "Accounts and lists cannot be read or written now. Try again later.");
  assert.match(words("unreachable"), /^The server cannot be reached\. Check/);
  assert.match(words("invalid_request"), /^The request was not understood/);
});

test("the question before a deletion names the list and counts its stocks", () => {
  assert.equal(plain(deletionQuestion({ name: "Oil", stocks: [{}] })), "Delete the list “Oil” with 1 stock? Its notes are lost.");
});

test("questions become a CSV, without the usual level and model", () => {
  const csv = questionsAsCsv([
    { ticker: "AAPL", days: 30 },
    { ticker: 'B"C', days: 91, level: 0.95, model: "prophet" },
  ]);
  assert.equal(csv, 'ticker,days,level,model\n"AAPL",30,,\n"B""C",91,0.95,prophet\n');
});
