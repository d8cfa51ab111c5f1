import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESETS, USUAL_SELECTION, pressColumn, pressPreset, queryOf, readSelection } from "../../../static/market/query.js";
import { isSample, joined, rangeAhead, shownHorizon, signedMoves } from "../../../static/market/rows.js";
import { signedBar, sizeBar, tileClass } from "../../../static/market/scales.js";
import {
  brokenWords,
  countWords,
  dayNote,
  formatBounds,
  formatMoves,
  formatPercentile,
  formatVolatility,
  introduction,
  legend,
  missingBoard,
  rangeWords,
  sectorWords,
  tableTitle,
  title,
} from "../../../static/market/words.js";
import { ROWS, moversOf, rowOf } from "./board.js";
import { plain } from "./plain.js";

const SAMPLE = { sources: ["sample"], as_of: "2013-03-01", total: 5 };

test("the title has the day of the newest close", () => {
  assert.equal(plain(title(moversOf())), "Closes of 27 Nov 2026");
  assert.equal(title({ as_of: null }), "The market");
});

test("the introduction counts the stocks, and names the sample", () => {
  assert.equal(plain(introduction(moversOf(ROWS, { total: 8000 }))), "8000 stocks with stored prices.");
  assert.equal(plain(introduction(SAMPLE)), "These are the five stocks of the bundled sample, up to 1 Mar 2013.");
  assert.equal(plain(introduction({ ...SAMPLE, total: 1 })), "This is the one stock of the bundled sample, up to 1 Mar 2013.");
  assert.equal(isSample({ sources: ["sample", "yahoo"] }), false);
});

test("the sign of a move is that of its change", () => {
  assert.equal(signedMoves(rowOf("AAPL")), -1.18);
  assert.equal(signedMoves(rowOf("CVX")), 2.9);
  assert.equal(signedMoves({ usual_moves: -1.18, change_pct: -2.48 }), -1.18);
  assert.equal(signedMoves({ usual_moves: null, change_pct: null }), null);
});

test("ranges are a month ahead, or as far as there are any", () => {
  assert.equal(shownHorizon([63, 5, 21]), 21);
  assert.equal(shownHorizon([5, 15]), 15);
  assert.equal(shownHorizon([5, 63]), 63);
  assert.deepEqual(rangeAhead(rowOf("FB"), 21), { lower: 27.78 * 0.87, upper: 27.78 * 1.13, width: 26, target: "2026-12-29", up: 0.523 });
  assert.equal(rangeAhead(rowOf("FB"), 63), null);
});

test("the highest and the lowest of few stocks are one list without repetitions", () => {
  const { nervous, calm } = moversOf();
  assert.deepEqual(joined(nervous, calm).map(({ ticker }) => ticker), ["JPM", "CVX", "FB", "XOM", "AAPL", "IBM", "BRK-B"]);
});

test("a bar of a move starts in the middle, and the largest fills its half", () => {
  assert.deepEqual(signedBar(-4, 4), { start: 0, length: 50 });
  assert.deepEqual(signedBar(2, 4), { start: 50, length: 25 });
  assert.deepEqual(signedBar(9, 4), { start: 50, length: 50 });
  assert.deepEqual(signedBar(1, 0), { start: 50, length: 0 });
  assert.deepEqual(sizeBar(13, 26), { start: 0, length: 50 });
  assert.deepEqual(sizeBar(13, 0), { start: 0, length: 0 });
});

test("the colour of a tile depends on the size and the direction of its move", () => {
  assert.deepEqual([null, 0.49, -0.5, 1, -2, 8].map(tileClass), ["unknown", "even", "fall-1", "rise-2", "fall-3", "rise-3"]);
  assert.deepEqual(
    legend().map(({ kind, words }) => `${kind}: ${words}`),
    [
      "fall-3: −2 and more",
      "fall-2: −1 to −2",
      "fall-1: −0.5 to −1",
      "even: −0.5 to +0.5",
      "rise-1: +0.5 to +1",
      "rise-2: +1 to +2",
      "rise-3: +2 and more",
    ],
  );
});

test("the count of broken ranges stands beside that of chance", () => {
  assert.match(plain(brokenWords(moversOf(), "2026-11-27")), /^2 stocks closed outside their ranges on 27 Nov 2026; about 0\.4 would by chance\./);
  const many = moversOf(ROWS, { broken_total: 1, expected_broken: 400 });
  assert.match(plain(brokenWords(many, "2026-11-27")), /^1 stock closed outside its range on 27 Nov 2026; about 400 would by chance\./);
});

test("no broken range is said in words", () => {
  const none = moversOf(ROWS, { broken_total: 0 });
  assert.match(plain(brokenWords(none, "2026-11-27")), /^No stock closed outside its range on 27 Nov 2026; about 0\.4 would/);
});

test("a range has its day where all have the same, its horizon and its probability", () => {
  const ranges = ROWS.map((row) => rangeAhead(row, 21));
  assert.match(plain(rangeWords(ranges, 21)), /^The range holds the close on 29 Dec 2026, 21 trading days ahead, with a probability of 80 %/);
  const several = [...ranges, { ...ranges[0], target: "2026-12-30" }];
  assert.match(plain(rangeWords(several, 21)), /^The range holds the close on 29 Dec 2026 to 30 Dec 2026, /);
  assert.match(plain(rangeWords([null], 1)), /^The range holds the close 1 trading day ahead, /);
});

test("figures are rounded, and what is unknown is a dash", () => {
  assert.deepEqual([-1.18, 0.04, null].map(formatMoves), ["−1.2", "0.0", "–"]);
  assert.deepEqual([99.4, null].map(formatPercentile), ["99", "–"]);
  assert.deepEqual([34.12, null].map(formatVolatility).map(plain), ["34.1 % a year", "–"]);
  assert.equal(plain(formatBounds(417.5, 443.4, "USD")), "$417.50 to $443.40");
  assert.equal(formatBounds(null, 443.4, "USD"), "–");
});

test("a row names its day if it is not the board's, and says that old prices are old", () => {
  const about = moversOf();
  assert.equal(dayNote(rowOf("AAPL"), about), "");
  assert.equal(plain(dayNote(rowOf("AAPL", { as_of: "2026-11-26" }), about)), "26 Nov");
  assert.equal(plain(dayNote(rowOf("AAPL", { as_of: "2013-03-01", stale: true }), about)), "old: 1 Mar 2013");
  assert.equal(dayNote(rowOf("AAPL", { as_of: "2013-03-01", stale: true }), SAMPLE), "");
  assert.equal(dayNote(rowOf("AAPL", { as_of: null, stale: null }), about), "");
});

test("sectors and tables are counted", () => {
  const [energy] = moversOf().sectors;
  assert.equal(plain(sectorWords(energy)), "2 stocks, 1 rose, 1 fell");
  assert.equal(plain(tableTitle(8000)), "All 8000 stocks as a table");
  assert.equal(plain(countWords(5, { matching: 5, total: 5 })), "5 stocks.");
  assert.equal(plain(countWords(25, { matching: 8000, total: 8000 })), "25 of 8000 stocks.");
  assert.equal(plain(countWords(25, { matching: 412, total: 8000 })), "412 stocks match, of 8000. 25 shown.");
  assert.equal(plain(countWords(0, { matching: 0, total: 8000 })), "No stock matches. Remove a filter.");
});

test("a missing board says how to make it, and another failure can be tried again", () => {
  const failure = { detail: "There is no board yet. ./run_app.sh market makes one.", retryAfterS: null };
  assert.deepEqual(missingBoard({ ...failure, code: "no_market_board" }), { words: failure.detail, isRetried: false });
  const { words, isRetried } = missingBoard({ code: "unreachable", detail: "", retryAfterS: null });
  assert.match(words, /^The board of the market cannot be shown now\. The server cannot be reached\./);
  assert.equal(isRetried, true);
});

test("a selection is a query of the API", () => {
  assert.equal(decodeURIComponent(queryOf(USUAL_SELECTION)), "sort=-abs(usual_moves)");
  const selection = { ...USUAL_SELECTION, text: " apple ", sector: "Real estate", presets: ["nervous", "moved"], sort: "ticker", isDescending: false };
  assert.deepEqual(
    [...queryOf(selection, { limit: 25, cursor: "abc" })].map((pair) => pair.join(": ")),
    [
      "q: apple",
      "filter: sector=Real estate",
      "filter: usual_moves>2",
      "filter: volatility_percentile>90",
      "sort: ticker",
      "limit: 25",
      "cursor: abc",
    ],
  );
});

test("a preset is on or off, and excludes its opposite", () => {
  assert.deepEqual(pressPreset([], "nervous"), ["nervous"]);
  assert.deepEqual(pressPreset(["moved", "nervous"], "calm"), ["moved", "calm"]);
  assert.deepEqual(pressPreset(["moved", "calm"], "calm"), ["moved"]);
  const ids = PRESETS.map(({ id }) => id);
  assert.deepEqual(PRESETS.filter(({ excludes }) => excludes && !ids.includes(excludes)), []);
});

test("a column sorts in its usual direction first, then the other way round", () => {
  const column = { sort: "volatility_percentile", isDescending: true };
  const once = pressColumn(USUAL_SELECTION, column);
  assert.deepEqual([once.sort, once.isDescending], ["volatility_percentile", true]);
  assert.equal(pressColumn(once, column).isDescending, false);
});

test("a stored selection is used as far as it is valid", () => {
  assert.deepEqual(readSelection(undefined, []), USUAL_SELECTION);
  const stored = { text: "app", sector: "Energy", presets: ["moved", "nothing"], sort: "price", isDescending: 1 };
  assert.deepEqual(readSelection(stored, ["ticker"]), { ...USUAL_SELECTION, text: "app", sector: "Energy", presets: ["moved"] });
  assert.deepEqual(readSelection({ sort: "ticker", isDescending: false, presets: "moved" }, ["ticker"]), {
    ...USUAL_SELECTION,
    sort: "ticker",
    isDescending: false,
  });
});
