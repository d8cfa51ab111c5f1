import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelledText, countdownText, retryText, stageIndex, stageText } from "../../../static/text/progress.js";
import { plain } from "./plain.js";

test("the stages are numbered in their order", () => {
  assert.deepEqual(["sending", "accepted", "ingesting", "forecasting"].map(stageIndex), [0, 1, 2, 3]);
  assert.equal(stageIndex("a stage of tomorrow"), 0);
});

test("a stage has a text, and an unknown one too", () => {
  assert.equal(stageText("ingesting", "AAPL"), "Getting and checking the prices of AAPL…");
  assert.equal(stageText("a stage of tomorrow", "AAPL"), "Working…");
});

test("a retry has its cause and its wait", () => {
  assert.equal(plain(retryText({ code: "unreachable", retryInMs: 400 })), "The server cannot be reached. Trying again in 1 s…");
  assert.equal(plain(retryText({ code: "busy", retryInMs: 2000 })), "The service is busy. Trying again in 2 s…");
});

test("a cancelled forecast is named, and a countdown has its unit", () => {
  assert.equal(plain(cancelledText({ ticker: "aapl", days: 1 })), "The forecast of AAPL for 1 day was cancelled.");
  assert.equal(plain(countdownText(119)), "Next try in 119 seconds.");
  assert.equal(plain(countdownText(121)), "Next try in 3 minutes.");
});
