import assert from "node:assert/strict";
import { test } from "node:test";
import { eventMarks } from "../../../static/charts/event_marks.js";
import {
  companySource,
  companyTerms,
  dividendWords,
  figureRows,
  formatFigure,
  nextReportWords,
  payoutRows,
} from "../../../static/text/companies.js";
import { eventWords, marksWords, ratioWords } from "../../../static/text/events.js";
import { plain } from "./plain.js";

const FILING = { form: "10-K", filed: "2025-10-31", accession: "1" };
const YEAR = { value: 416161000000, unit: "USD", start: "2024-09-29", end: "2025-09-27", tag: "t", filing: FILING };
const NONE = { years: [], quarters: [] };
const COMPANY = {
  name: "Apple Inc.",
  sector: "Technology",
  industry: "Electronic Computers",
  sic: "3571",
  exchange: null,
  fiscal_year_end: "09-26",
  other_tickers: [],
  shares: { ...YEAR, value: 14776353000, unit: "shares", start: null, end: "2025-10-17" },
  revenue: { years: [YEAR], quarters: [] },
  net_income: { years: [{ ...YEAR, value: -1.5e6, restated: true }], quarters: [] },
  eps: NONE,
  source_name: "the SEC",
  fetched_at: "2026-10-01T06:00:00Z",
  age_days: 2,
  next_report: { first: "2026-10-24", last: "2026-11-03", years: 3, estimated: true },
};
const PRICES = { currency: "USD", first: "2016-10-03", last: "2026-09-30" };
const EVENTS = [
  { date: "2026-01-05", kind: "dividend", value: 0.26 },
  { date: "2026-02-02", kind: "report", value: null },
  { date: "2026-03-02", kind: "split", value: 4 },
];

test("a figure has its unit", () => {
  const figures = [
    [416161000000, "USD", "416.2 billion USD"],
    [1.5e12, "JPY", "1.5 trillion JPY"],
    [-12500000, "USD", "-12.5 million USD"],
    [950, "USD", "950 USD"],
    [7.46, "USD/shares", "$7.46"],
    [-0.2, "EUR/shares", "−€0.20"],
  ];
  for (const [value, unit, words] of figures) assert.equal(plain(formatFigure({ value, unit })), words);
});

test("what a company does not state is left out", () => {
  assert.deepEqual(
    companyTerms(COMPANY).map(([term, words]) => [term, plain(words)]),
    [
      ["Name", "Apple Inc."],
      ["Sector", "Technology"],
      ["Industry", "Electronic Computers (SIC 3571)"],
      ["Shares", "14.78 billion shares on 17 Oct 2025, filed on 31 Oct 2025"],
      ["Fiscal year", "Ends around 26 Sep"],
    ],
  );
});

test("a row has the figures of one period, and says what was corrected or computed", () => {
  const rows = figureRows(COMPANY, "years").map((row) => row.map(plain));
  assert.deepEqual(rows, [
    ["27 Sep 2025", "416.2 billion USD", "-1.5 million USD (corrected later)", "–", "10-K, 31 Oct 2025"],
  ]);
  assert.deepEqual(figureRows(COMPANY, "quarters"), []);
});

test("the source, the age and the estimate are named", () => {
  assert.equal(plain(companySource(COMPANY)), "Source: the SEC, fetched 2 days ago (Thu 1 Oct 2026).");
  assert.match(plain(nextReportWords(COMPANY)), /between Sat 24 Oct 2026 and Tue 3 Nov 2026\. This is an estimate/);
  assert.match(nextReportWords({ ...COMPANY, next_report: null }), /not known/);
});

test("the dividends of a year are added up", () => {
  const dividends = [
    { date: "2026-08-10", amount: 0.1, share_pct: 0.1 },
    { date: "2026-02-10", amount: 0.2, share_pct: 0.2 },
    { date: "2024-02-10", amount: 9, share_pct: 9 },
  ];
  const words = plain(dividendWords({ dividends, dividends_note: "Computed.", prices: PRICES }));
  assert.match(words, /^2 dividends in the year up to Wed 30 Sep 2026: about \$0\.30 for each share, 0\.3 %/);
  assert.match(words, /Computed\.$/);
  assert.match(plain(dividendWords({ dividends: [], prices: PRICES })), /since Mon 3 Oct 2016 contain no dividend/);
  assert.equal(dividendWords({ dividends: null, dividends_note: "Unknown.", prices: PRICES }), "Unknown.");
  assert.match(dividendWords({ prices: null }), /No prices are stored/);
});

test("dividends and splits are in one table, the latest first", () => {
  const facts = {
    dividends: [{ date: "2026-08-10", amount: 0.26 }],
    splits: [{ date: "2026-08-31", ratio: 4 }],
    prices: PRICES,
  };
  assert.deepEqual(
    payoutRows(facts).map((row) => row.map(plain)),
    [
      ["31 Aug 2026", "Split", "4 for 1"],
      ["10 Aug 2026", "Dividend", "about 0.26"],
    ],
  );
  assert.deepEqual(payoutRows({ dividends: null, splits: null, prices: null }), []);
});

test("splits of both directions are named", () => {
  assert.deepEqual([4, 1.5, 0.1].map(ratioWords), ["4 for 1", "1.5 for 1", "1 for 10"]);
});

test("each kind of event has its marks at the foot of the chart", () => {
  const history = ["2026-01-05", "2026-02-03", "2026-03-02"].map((date) => ({ date, close: 100 }));
  const traces = eventMarks({ events: EVENTS, currency: "USD" }, history, 90, { muted: "grey" });
  assert.deepEqual(
    traces.map(({ name, x, y, customdata }) => [name, x, y, customdata]),
    [
      ["Dividend", ["2026-01-05"], [90], ["Dividend, about $0.26"]],
      ["Split", ["2026-03-02"], [90], ["Split, 4 for 1"]],
      ["Report", ["2026-02-03"], [90], ["Report of results"]],
    ],
  );
  assert.deepEqual(eventMarks({ currency: "USD" }, history, 90, {}), []);
  assert.deepEqual(eventMarks({ events: EVENTS, currency: "USD" }, [], 90, {}), []);
  assert.equal(eventWords({ kind: "later", value: null }, "USD"), "");
});

test("the marks are in the words of the chart", () => {
  assert.equal(
    plain(marksWords({ events: EVENTS })),
    "Marked below the prices: 1 dividend (▲), 1 split (■), 1 report of results (|).",
  );
  assert.equal(marksWords({}), "");
});
