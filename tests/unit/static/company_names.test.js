import assert from "node:assert/strict";
import { test } from "node:test";
import { tickerOfName } from "../../../static/text/company_names.js";

const APPLE = { ticker: "AAPL", name: "Apple Inc." };
const LOREAL = { ticker: "OR.PA", name: "L’Oréal S.A." };
const BERKSHIRE = { ticker: "BRK-B", name: "Berkshire Hathaway" };

const CASES = [
  ["a word of the name", "apple", [APPLE], "AAPL"],
  ["case, accents and apostrophes aside", "LOREAL", [LOREAL], "OR.PA"],
  ["a ticker", "aapl", [APPLE], null],
  ["a ticker with another separator", "BRK.B", [BERKSHIRE], null],
  ["a list of tickers", "AAPL MSFT", [APPLE], null],
  ["a part of a word", "ap", [APPLE], null],
  ["text too long for a ticker", "microsft", [{ ticker: "MSFT", name: "Microsoft" }], "MSFT"],
  ["a text that may be a ticker", "MSF", [{ ticker: "MSFT", name: "Microsoft" }], null],
  ["a short name as a whole", "3m", [{ ticker: "MMM", name: "3M" }], "MMM"],
  ["no suggestions", "apple", [], null],
  ["nothing", " ", [APPLE], null],
];

for (const [name, typed, suggestions, ticker] of CASES) {
  test(`${name}: ${JSON.stringify(typed)} is ${ticker ?? "no company's name"}`, () => {
    assert.equal(tickerOfName(typed, suggestions), ticker);
  });
}
