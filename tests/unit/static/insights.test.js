import assert from "node:assert/strict";
import { test } from "node:test";
import {
  evidenceWords,
  factCells,
  factTerm,
  factsOf,
  insightsSource,
  sentimentTitle,
  unbroken,
  voteTerms,
  writerWords,
} from "../../../static/text/insights.js";
import { plain } from "./plain.js";

const MOVE = {
  id: "move_day",
  name: "Move of the last close",
  value: -4.9,
  unit: "%",
  text: "−4.9 %",
  date: "2026-11-27",
  percentile: 0.56,
  days_compared: 2514,
  source: "yahoo",
};
const RECORD = { ...MOVE, id: "forecasts_inside", percentile: null, days_compared: null, source: "track record" };
const SENTIMENT = {
  mood: "negative",
  votes: [{ fact: "move_day", vote: -1 }, { fact: "trend", vote: 0 }],
  evidence: {
    days: 402,
    other_days: 1817,
    following_days: 30,
    mean_return_pct: 1.92,
    other_mean_return_pct: -1.31,
    standard_error_pct: 1.45,
  },
  predictive: false,
  caveat: "",
};
const INSIGHTS = {
  source: "yahoo",
  source_name: "Yahoo Finance",
  as_of: "2026-11-27",
  rows: 2515,
  stale: false,
  sample: false,
  facts: [MOVE, RECORD],
  sentiment: SENTIMENT,
};

test("a fact has its percentile, the days compared, its day and its source", () => {
  assert.deepEqual(factCells(MOVE, INSIGHTS).map(plain), ["Move of the last close", "−4.9 %", "0.6", "2514", "Fri 27 Nov 2026", "Yahoo Finance"]);
  assert.deepEqual(factCells(RECORD, INSIGHTS).slice(2).map(plain), ["–", "–", "Fri 27 Nov 2026", "track record"]);
  assert.equal(plain(factTerm(MOVE, INSIGHTS)[1]), "−4.9 %. Percentile 0.6 among 2514 earlier days. Fri 27 Nov 2026, Yahoo Finance.");
  assert.equal(plain(factTerm(RECORD, INSIGHTS)[1]), "−4.9 %. Fri 27 Nov 2026, track record.");
  assert.deepEqual(factsOf(INSIGHTS, ["move_day", "gone"]), [MOVE]);
  const shown = [99.96, 99.9, 64.1, 0.04, 100, 0].map((percentile) => factCells({ ...MOVE, percentile }, INSIGHTS)[2]);
  assert.deepEqual(shown, ["99.9", "99.9", "64.1", "0.1", "100", "0"]);
});

test("old and sample prices are named", () => {
  assert.equal(plain(insightsSource(INSIGHTS)), "From 2515 closes of Yahoo Finance, up to Fri 27 Nov 2026. Compared with the stock’s own past.");
  const words = insightsSource({ ...INSIGHTS, stale: true, sample: true });
  assert.match(words, /sample prices\..*more than a week old, so nothing here is news/);
});

test("a sentiment without predictive value says so in its title", () => {
  assert.equal(sentimentTitle(SENTIMENT), "Negative, without predictive value");
  assert.equal(sentimentTitle({ ...SENTIMENT, predictive: true }), "Negative");
  assert.deepEqual(voteTerms(INSIGHTS), [["Move of the last close", "negative"], ["trend", "no vote"]]);
  assert.deepEqual(voteTerms({ ...INSIGHTS, sentiment: null }), []);
});

test("the evidence has both means and the standard error", () => {
  assert.equal(
    plain(evidenceWords(SENTIMENT)),
    "Mean return over 30 days after 402 negative days: +1.9 %. After 1817 other days: −1.3 %. " +
      "The difference has a standard error of 1.4 points.",
  );
  assert.equal(evidenceWords({ ...SENTIMENT, evidence: null }), "");
});

test("a unit stays with its number", () => {
  assert.equal(unbroken("3.4 times, 99 % of 2,454 days"), "3.4\u00a0times, 99\u00a0% of 2,454 days");
});

test("the writer of the sentences is named if it is a machine, or should have been one", () => {
  const model = { name: "small-model", code: null, detail: null };
  assert.equal(writerWords({ language_model: null }), "");
  assert.match(writerWords({ language_model: { ...model, state: "ready" } }), /^Machine-written by the language model small-model\./);
  assert.match(writerWords({ language_model: { ...model, state: "writing" } }), /small-model is wording/);
  assert.equal(writerWords({ language_model: { ...model, state: "unavailable", detail: "It is away." } }), "It is away.");
});
