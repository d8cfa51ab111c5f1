import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  chosenList,
  recentQuestions,
  rememberList,
  rememberQuestion,
  removeStoredStocks,
  storedStocks,
} from "../../../static/page/browser_storage.js";

const APPLE = { ticker: "AAPL", days: 30, price: 410, currency: "USD", target: "2013-04-01", asOf: "2013-03-01" };
const IBM = { ...APPLE, ticker: "IBM", price: 200 };

beforeEach(() => {
  const stored = new Map();
  globalThis.localStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, text) => void stored.set(name, text),
    removeItem: (name) => void stored.delete(name),
  };
});

test("the newest question is first, each is listed once, and there are at most six", () => {
  for (const days of [1, 2, 3, 4, 5, 6, 7, 3]) rememberQuestion({ ticker: "AAPL", days });
  assert.deepEqual(
    recentQuestions().map(({ days }) => days),
    [3, 7, 6, 5, 4, 2],
  );
});

test("only the stocks that the server has are removed from those of an earlier page", () => {
  localStorage.setItem("stockcast.watched", JSON.stringify([APPLE, IBM]));
  assert.deepEqual(storedStocks(), [APPLE, IBM]);
  removeStoredStocks(["AAPL"]);
  assert.deepEqual(storedStocks(), [IBM]);
  removeStoredStocks(["IBM"]);
  assert.equal(localStorage.getItem("stockcast.watched"), null);
});

test("the chosen list is remembered", () => {
  assert.equal(chosenList(), null);
  rememberList("7d444840");
  assert.equal(chosenList(), "7d444840");
});

test("what another page stored is left out", () => {
  for (const text of ["{", "null", '[1, null, {"ticker": 5}]', '[{"ticker": "AAPL"}]', '{"ticker": "AAPL", "days": 1}']) {
    localStorage.setItem("stockcast.recent", text);
    localStorage.setItem("stockcast.watched", text);
    assert.deepEqual([recentQuestions(), storedStocks()], [[], []]);
  }
});

test("a browser that refuses storage has empty lists", () => {
  const refuse = () => {
    throw new Error("refused");
  };
  globalThis.localStorage = { getItem: refuse, setItem: refuse, removeItem: refuse };
  rememberQuestion(APPLE);
  rememberList("7d444840");
  removeStoredStocks(["AAPL"]);
  assert.deepEqual([recentQuestions(), storedStocks()], [[], []]);
});
