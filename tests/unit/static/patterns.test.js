import assert from "node:assert/strict";
import { test } from "node:test";
import { SIZE, smallLines } from "../../../static/charts/small_chart.js";
import { stretchFigure, tradingDaysWithin } from "../../../static/charts/stretch_figure.js";
import * as questions from "../../../static/text/pattern_questions.js";
import * as words from "../../../static/text/patterns.js";
import { plain } from "./plain.js";
import { THEME } from "./results.js";

const HISTORY = ["2013-02-26", "2013-02-27", "2013-02-28", "2013-03-01"].map((date, at) => ({ date, close: 100 + at }));

test("a search and its address are the same", () => {
  const searches = [
    { ticker: "AAPL", patterns: [{ type: "candles", candles: "G>2% G * R", every: "day" }] },
    { ticker: "AAPL", patterns: [{ type: "candles", candles: "bearish engulfing", every: "week" }], all: true },
    { ticker: "AAPL", patterns: [{ type: "turnaround", turn: "down", percent: 8 }], tickers: ["MSFT", "BRK-B"] },
    { ticker: "AAPL", patterns: [{ type: "turnaround", turn: "up", usual_moves: 6 }] },
    { ticker: "AAPL", patterns: [{ type: "shape", start: "2012-01-03", end: "2012-03-30", dtw: true }] },
    {
      ticker: "AAPL",
      patterns: [
        { type: "candles", candles: "G G", every: "week" },
        { type: "candles", candles: "R R", every: "day" },
        { type: "turnaround", turn: "up", percent: 5 },
        { type: "shape", start: "2012-01-03", end: "2012-03-30" },
      ],
      tickers: ["MSFT"],
    },
  ];
  for (const question of searches) {
    const address = new URLSearchParams(questions.patternAddress(question));
    assert.deepEqual(questions.patternOf(new URLSearchParams(String(address)), "AAPL"), question);
  }
});

test("an address with another tab or kind asks for no search", () => {
  for (const query of ["pattern=candles&candles=G", "tab=patterns", "tab=patterns&pattern=waves", "tab=patterns&pattern=candles&candles=G&pattern=waves"]) {
    assert.equal(questions.patternOf(new URLSearchParams(query), "AAPL"), null);
  }
});

test("a mistake in the candles has its place", () => {
  assert.equal(words.mistakePlace("Column 7: % is missing after the size."), 6);
  assert.equal(words.mistakePlace("The pattern is empty."), null);
});

test("a problem has the number of its pattern", () => {
  assert.deepEqual(words.problemOf("Item 2: Column 3: no candle."), { at: 1, problem: "Column 3: no candle." });
  assert.deepEqual(words.problemOf("Column 3: no candle."), { at: 0, problem: "Column 3: no candle." });
});

test("a pattern of a search has a name, and equal ones count once", () => {
  const patterns = [
    { type: "candles", candles: "G G G R", every: "week" },
    { type: "turnaround", turn: "up", percent: 8 },
    { type: "turnaround", turn: "down", usual_moves: 6 },
    { type: "shape", start: "2012-01-03", end: "2012-03-30", dtw: true },
  ];
  assert.deepEqual(patterns.map(words.patternName).map(plain), [
    "G G G R, each candle a week",
    "turn up by 8 %",
    "turn down by 6 usual daily moves",
    "shape of 3 Jan 2012 to 30 Mar 2012, stretches in time allowed",
  ]);
  assert.equal(questions.distinctPatterns([...patterns, { ...patterns[0] }]).length, 4);
  assert.match(words.listText(2), /10 at most/);
  assert.match(words.listText(9), /as many as a search takes/);
});

test("thresholds, stretches and lists are checked before they are sent", () => {
  assert.equal(questions.thresholdProblem(8, "percent"), "");
  assert.match(questions.thresholdProblem(0.2, "percent"), /from 0\.5 to 90/);
  assert.match(questions.thresholdProblem(Number.NaN, "usual_moves"), /from 1 to 100/);
  assert.equal(questions.stretchProblem("2012-01-03", "2012-03-30", 60), "");
  assert.match(plain(questions.stretchProblem("2012-01-03", "2012-01-06", 4)), /have 4 trading days. Choose 10 to 250/);
  assert.match(questions.stretchProblem("", "2012-01-06", 4), /enter both dates/);
  assert.equal(questions.tickersProblem(questions.splitTickers("msft, ibm")), "");
  assert.match(questions.tickersProblem([]), /1 to 50 tickers/);
});

test("a marked stretch consists of trading days, in either order", () => {
  const expected = { stretch: ["2013-02-27", "2013-02-28"], count: 2 };
  assert.deepEqual(tradingDaysWithin(HISTORY, ["2013-02-26 09:00", "2013-02-28 12:00"]).count, 3);
  assert.deepEqual(tradingDaysWithin(HISTORY, ["2013-02-28", "2013-02-27"]), expected);
  assert.equal(tradingDaysWithin(HISTORY, ["2013-03-02", "2013-03-03"]), null);
});

test("the chart marks the stretch, and a drag marks another unless a finger scrolls", () => {
  const view = { range: ["2013-02-27", "2013-03-01"], stretch: ["2013-02-27", "2013-02-28"], isMarking: true };
  const { data, layout } = stretchFigure(HISTORY, "USD", view)(THEME);
  assert.deepEqual(data[0].x, ["2013-02-27", "2013-02-28", "2013-03-01"]);
  assert.deepEqual([layout.shapes[0].x0, layout.shapes[0].x1, layout.dragmode], ["2013-02-27", "2013-02-28", "select"]);
  assert.equal(stretchFigure(HISTORY, "USD", { ...view, isMarking: false })(THEME).layout.dragmode, false);
});

test("the lines of a small chart meet, within its size, also where prices stand still", () => {
  const { lead, pattern, after, meeting } = smallLines([1, 2, 3, 2, 4], 2, 3, 10);
  const end = (line) => line.split("L").at(-1).replace("M", "");
  const begin = (line) => line.slice(1).split("L")[0];
  assert.equal(end(pattern), begin(after));
  assert.equal(end(lead), begin(pattern));
  assert.ok(meeting > 0 && meeting < SIZE.width);
  assert.match(smallLines([5, 5, 5], 0, 1, 5).pattern, /^M4 44L/);
  assert.equal(smallLines([5, 6], 0, 1, 5).after, "");
});

test("a hit has its dates, its closeness and what followed", () => {
  const hit = { begin: "2012-01-03", end: "2012-02-01", known: "2012-02-01", similarity: 0.987, distance: 0.4 };
  assert.equal(plain(words.hitDates(hit)), "3 Jan 2012 – 1 Feb 2012");
  assert.equal(plain(words.hitDates({ ...hit, known: "2012-02-08" })), "3 Jan 2012 – 1 Feb 2012, known 8 Feb 2012");
  assert.equal(plain(words.hitDates({ ...hit, begin: hit.end })), "Wed 1 Feb 2012");
  assert.equal(words.closenessText(hit), "Correlation 0.99, distance 0.40");
  assert.equal(words.closenessText({ similarity: null, distance: null }), "");
  const pairs = words.followedPairs({ followed_pct: [1.24, null] }, [5, 21]);
  assert.deepEqual(pairs.map(([days, move]) => [plain(days), plain(move)]), [
    ["5 days", "+1.2 %"],
    ["21 days", "not yet known"],
  ]);
});

test("the usual verdict is as on any other day", () => {
  assert.equal(words.patternVerdict("no_difference"), "as on any other day");
  const followed = { difference_pct: 0.42, lower_pct: -0.3, upper_pct: 1.1 };
  assert.equal(plain(words.differenceWithInterval(followed)), "+0.4 % (−0.3 % to +1.1 %)");
  assert.equal(words.differenceWithInterval({ difference_pct: null }), "–");
});

test("the titles count the hits", () => {
  const found = { name: "G G G R", sign: null, total: 1, hits: [{}], shape: null };
  assert.equal(plain(words.foundTitle(found)), "G G G R: found 1 time");
  assert.equal(words.foundTitle({ ...found, total: 0 }), "G G G R: not found");
  assert.match(words.foundTitle({ ...found, name: "engulfing", sign: "bearish" }), /^Engulfing \(bearish\)/);
  const shape = { ...found, name: "the shape of AAPL from 2012-01-03 to 2012-03-30" };
  assert.equal(plain(words.foundTitle(shape)), "The shape of AAPL from 3 Jan 2012 to 30 Mar 2012: found 1 time");
  assert.equal(words.hitsTitle({ ...found, total: 200 }), "The 1 newest of them");
  assert.equal(words.hitsTitle({ ...found, shape: [1, 2] }), "All of them, nearest first");
});

test("a distribution is described with its middle half and its gains", () => {
  const moves = { quantiles_pct: [-2, -1, 0, 1, 2], chance_of_gain: 0.55 };
  const text = plain(words.movesText("Other days", moves, [0.05, 0.25, 0.5, 0.75, 0.95]));
  assert.equal(text, "Other days: half of the moves were between −1.0 % and +1.0 %, 55 % were gains.");
});

test("what was searched is counted", () => {
  const searched = { stocks: 2, prices: 5036, first: "2003-03-03", last: "2013-03-01", not_searched: 1, unread: [] };
  const text = plain(words.searchedText({ searched, tests: 3 }));
  assert.match(text, /^Searched: 2 stocks with 5036 daily prices, 3 Mar 2003 to 1 Mar 2013\. 1 stock could not be searched\./);
  assert.match(text, /3 comparisons/);
});
