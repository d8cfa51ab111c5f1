import assert from "node:assert/strict";
import { test } from "node:test";
import { errorsFigure, linesOf } from "../../../static/charts/errors_figure.js";
import * as words from "../../../static/text/evaluations.js";
import { plain } from "./plain.js";
import { THEME } from "./results.js";

const QUESTION = { ticker: "AAPL", models: ["drift", "prophet:0.01"], days: 30, origins: 40, field: "close", level: 0.8 };

function forecasts(...errors) {
  return errors.map((crps_pct) => ({ crps_pct, median: 100 + crps_pct, lower: 90, upper: 110, chance_of_gain: 0.5 }));
}

const EVALUATION = {
  ticker: "AAPL",
  field: "close",
  unit: "USD",
  horizon_trading_days: 21,
  origins: [
    { origin: "2012-01-03", target: "2012-02-02", last_value: 100, actual: 101 },
    { origin: "2012-02-02", target: "2012-03-05", last_value: 101, actual: 102 },
  ],
  models: [
    { name: "last_price", label: "Last price", forecasts: forecasts(3, 4) },
    { name: "ets", label: "ETS", forecasts: forecasts(2, 5) },
    { name: "own", label: "own", failure: { code: "model_failed", detail: "It raised." }, forecasts: [] },
  ],
};

test("an evaluation and its address are the same", () => {
  for (const question of [
    QUESTION,
    { ...QUESTION, field: "volume", origins: 60, level: 0.9, others: ["MSFT"], split: 0.8, rule: {} },
    { ...QUESTION, rule: { bound: 0, cost_pct: 0 } },
    { ...QUESTION, rule: { bound: 0.55 } },
  ]) {
    const address = new URLSearchParams([["ticker", "AAPL"], ["days", "7"], ...words.evaluationAddress(question)]);
    assert.deepEqual(words.evaluationOf(address, "AAPL"), question);
  }
  assert.equal(words.evaluationAddress(QUESTION).length, 3);
});

test("a trading rule has a bound, a cost and usual values of both", () => {
  assert.deepEqual(words.ruleOf(50, 0.1), {});
  assert.deepEqual(words.ruleOf(55, 0), { bound: 0.55, cost_pct: 0 });
  assert.deepEqual([words.ruleFields({}), words.ruleFields({ bound: 0.55, cost_pct: 0 })], [["50", "0.1"], ["55", "0"]]);
  assert.deepEqual([words.boundProblem(0), words.boundProblem(99), words.costProblem(5)], ["", "", ""]);
  for (const wrong of [-1, 99.5, Number.NaN]) assert.match(words.boundProblem(wrong), /from 0 to 99/);
  assert.match(words.costProblem(5.1), /from 0 to 5/);
});

test("an address without models or with another tab asks for no evaluation", () => {
  for (const query of ["tab=evaluate", "tab=patterns&models=ets", "models=ets", ""]) {
    assert.equal(words.evaluationOf(new URLSearchParams(query), "AAPL"), null);
  }
});

test("the number of days is the forecast's unless the address has another", () => {
  assert.equal(words.evaluationOf(new URLSearchParams("tab=evaluate&models=ets&days=7"), "AAPL").days, 7);
});

test("further models have a name and perhaps a number", () => {
  assert.deepEqual(words.splitNames(" ets, prophet:0.01;ets "), ["ets", "prophet:0.01"]);
  assert.equal(words.modelsProblem(["prophet:0.01", "my_model"], 2), "");
  assert.match(words.modelsProblem(["prophet(2)"], 1), /“prophet\(2\)” is not the name of a model/);
  assert.equal(words.modelsProblem([], 0), "Choose at least one model.");
});

test("past forecasts are a whole number within the limits", () => {
  assert.deepEqual([4, 250].map(words.originsProblem), ["", ""]);
  for (const wrong of [3, 251, 4.5, Number.NaN]) assert.match(words.originsProblem(wrong), /whole number from 4 to 250/);
});

test("a difference says which error is lower, with digits that its standard error needs", () => {
  assert.equal(plain(words.differenceText({ mean: 0.12, standard_error: 0.05 })), "0.120 lower ± 0.050");
  assert.equal(plain(words.differenceText({ mean: -1.5, standard_error: 0.5 })), "1.50 higher ± 0.50");
  assert.equal(plain(words.differenceText({ mean: 0, standard_error: 0 })), "0.00 ± 0.00");
  assert.equal(words.differenceText(null), "–");
});

test("the usual verdict is spelled out", () => {
  assert.equal(words.verdictText("no_difference"), "no difference that can be told apart");
  assert.deepEqual(["better", "worse", null].map(words.verdictText), ["better", "worse", ""]);
});

test("scores and times have their unit", () => {
  assert.deepEqual([6.123, 0.0123, null].map((score) => plain(words.formatScore(score))), ["6.12 %", "0.012 %", "–"]);
  assert.deepEqual([0.004, 2.34, null].map((time) => plain(words.formatSeconds(time))), ["4 ms", "2.3 s", "–"]);
});

test("the words name the days, the overlap and the correction", () => {
  const facts = { summary: "None is better.", overlap: 2.1, compared: 6, source: "sample", as_of: "2013-03-01", split: null };
  const text = plain(words.evaluationWords({ ...EVALUATION, ...facts }));
  assert.match(text, /^None is better\. Each model made 2 forecasts, from 3 Jan 2012 to 5 Mar 2012, on the same days\./);
  assert.match(text, /2\.1 of them cover each day.* 6 models .*sample, to 1 Mar 2013\.$/);
  const split = { fraction: 0.8, last_of_first: "2011-02-01", values: [] };
  const apart = plain(words.evaluationWords({ ...EVALUATION, ...facts, overlap: 1, split }));
  assert.match(apart, /No forecast was made in the first 80 % of the history, to 1 Feb 2011\./);
  assert.doesNotMatch(apart, /overlap|one horizon in/);
  const thinned = { ...split, steps_apart: 6 };
  assert.match(plain(words.evaluationWords({ ...EVALUATION, ...facts, split: thinned })), /Of the rest, one horizon in 6 was forecast\./);
});

test("the summed differences rise where the model's errors are smaller", () => {
  assert.deepEqual(linesOf(EVALUATION, "sums"), [
    { name: "ETS", dates: ["2012-02-02", "2012-03-05"], values: [1, 0], isActual: false },
  ]);
  assert.deepEqual(linesOf(EVALUATION, "errors").map(({ values }) => values), [[3, 4], [2, 5]]);
});

test("the forecasts stand beside what came, after a split beside the whole history", () => {
  const [actual, , ets] = linesOf(EVALUATION, "forecasts");
  assert.deepEqual([actual.values, ets.values], [[101, 102], [102, 105]]);
  const split = { values: [{ date: "2012-01-03", value: 100 }] };
  assert.deepEqual(linesOf({ ...EVALUATION, split }, "forecasts")[0].dates, ["2012-01-03"]);
});

test("twelve lines have twelve looks", () => {
  const models = Array.from({ length: 12 }, (_, at) => ({ name: `m${at}`, label: `M${at}`, forecasts: forecasts(1, 2) }));
  const { data } = errorsFigure({ ...EVALUATION, models }, "errors")(THEME);
  assert.equal(new Set(data.map(({ line }) => `${line.color} ${line.dash}`)).size, 12);
});
