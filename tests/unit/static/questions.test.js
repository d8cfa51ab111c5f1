import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isSameQuestion,
  levelOf,
  questionName,
  questionOf,
  questionQuery,
  shortQuestion,
} from "../../../static/text/questions.js";
import { plain } from "./plain.js";
import { result } from "./results.js";

const USUAL = { ticker: "AAPL", days: 30, level: 0.8, model: "blend" };
const OTHER = { ticker: "AAPL", days: 30, level: 0.95, model: "last_price" };

test("the usual level and model are not in the address", () => {
  assert.equal(String(questionQuery(USUAL)), "ticker=AAPL&days=30");
  assert.equal(String(questionQuery(OTHER)), "ticker=AAPL&days=30&level=0.95&model=last_price");
  assert.deepEqual(shortQuestion(USUAL), { ticker: "AAPL", days: 30 });
});

test("a question is named by what is unusual about it", () => {
  assert.equal(plain(questionName(USUAL)), "AAPL, 30 d");
  assert.equal(plain(questionName(OTHER)), "AAPL, 30 d, 95 %, Last price");
});

test("a result knows its question, whatever its model is called", () => {
  const model = { name: "prophet", version: "", prophet_weight: 1 };
  assert.deepEqual(questionOf(result({ model })), { ticker: "AAPL", days: 30, model: "prophet" });
  assert.deepEqual(questionOf(result({ model: { ...model, name: "toString" } })), { ticker: "AAPL", days: 30 });
});

test("any level that the API accepts can be in the address, and is named with all its digits", () => {
  const limits = { min: 0.5, max: 0.99 };
  assert.deepEqual(["0.85", "0.850", ".5", "0.99", "0.9525"].map((text) => levelOf(text, limits)), [0.85, 0.85, 0.5, 0.99, 0.9525]);
  const wrong = ["", "0.49", "0.991", "85", "nan", "0.8 ", "0x1", "8e-1", "-0.8", "0,85"];
  assert.deepEqual(wrong.filter((text) => levelOf(text, limits) !== null), []);
  assert.equal(plain(questionName({ ticker: "AAPL", days: 30, level: 0.9525 })), "AAPL, 30 d, 95.25 %");
});

test("questions differ in their level or model", () => {
  assert.ok(isSameQuestion(USUAL, { ticker: "AAPL", days: 30 }));
  assert.ok(!isSameQuestion(USUAL, OTHER));
});
