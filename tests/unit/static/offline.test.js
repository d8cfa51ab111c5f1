import assert from "node:assert/strict";
import { test } from "node:test";
import { keptTitle } from "../../../static/text/offline.js";
import { readShared } from "../../../static/text/shared.js";

const NOW = new Date(2026, 10, 29, 9, 0);

test("a kept answer has its age and the reason", () => {
  assert.equal(keptTitle(new Date(2026, 10, 28, 17, 5), false, NOW), "Answer of 28 November 17:05: you are offline.");
  assert.equal(keptTitle(new Date(2025, 0, 2, 7, 30), true, NOW), "Answer of 2 January 2025 07:30: the server cannot be reached.");
});

/** @type {[string, (string|null)[]][]} */
const SURE = [
  ["AAPL", [null, "AAPL", null]],
  ["BRK-B", ["https://finance.yahoo.com/quote/BRK-B/?p=BRK-B", "Berkshire", null]],
  ["^GSPC", ["https://finance.yahoo.com/quote/%5EGSPC", null, null]],
  ["NVDA", [null, "https://www.google.com/finance/quote/NVDA:NASDAQ", null]],
  ["MSFT", [null, "https://www.tradingview.com/symbols/NASDAQ-MSFT/", null]],
  ["TSLA", [null, "Look at $TSLA today", null]],
  ["IBM", [null, "International Business Machines (NYSE: IBM) rose", null]],
  ["VOD.L", ["https://stockcast.example/?ticker=vod.l&days=91", null, null]],
  ["AAPL", ["https://news.example/a", "what I read", "Apple (NASDAQ:AAPL)."]],
];

test("a stock that a shared text names is found", () => {
  for (const [ticker, texts] of SURE) assert.deepEqual(readShared(texts), { ticker, typed: "" }, String(texts));
});

/** @type {[string, (string|null)[]][]} */
const UNSURE = [
  ["Apple had a good day", [null, "Apple had\n a good  day", null]],
  ["<img src=x onerror=alert(1)>", [null, "<img src=x onerror=alert(1)>", null]],
  ["The title", ["https://news.example/a", "https://news.example/a", "The title"]],
  ["x".repeat(64), [null, "x".repeat(100_000), null]],
  ["", [null, "", null]],
  ["", ["https://x.example/quote/%E0%A4%A", null, null]],
  ["", ["https://x.example/?ticker=..%2F..", null, null]],
  ["AAPL and MSFT", [null, "AAPL and MSFT", null]],
];

test("anything else is typed into the search box, and asks for nothing", () => {
  for (const [typed, texts] of UNSURE) assert.deepEqual(readShared(texts), { ticker: "", typed }, String(texts));
});
