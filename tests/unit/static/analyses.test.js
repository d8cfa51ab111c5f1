import assert from "node:assert/strict";
import { test } from "node:test";
import { analysisFailure, announcedText, workText } from "../../../static/text/analyses.js";
import { plain } from "./plain.js";

const work = { status: "computing", progress: 0.299, step: "ETS, origin 12 of 40" };

test("the progress has the stage, or the step of the work with its part", () => {
  assert.equal(workText({ status: "ingesting" }, "AAPL"), "Getting and checking the prices of AAPL…");
  assert.equal(plain(workText(work, "AAPL")), "ETS, origin 12 of 40 (29 %)");
  assert.equal(workText({ status: "computing", progress: null, step: null }, "AAPL"), "Computing…");
});

test("a screen reader hears each stage, and the work once a quarter of it", () => {
  const parts = [0.1, 0.26, 0.49, 0.5, 1].map((progress) => plain(announcedText({ ...work, progress }, "AAPL")));
  assert.deepEqual(parts, ["Computing…", "25 % done", "25 % done", "50 % done", "100 % done"]);
  assert.equal(announcedText({ status: "sending" }, "AAPL"), "Sending the request…");
});

test("a failure names the analysis", () => {
  const failure = { code: "deadline_exceeded", detail: "", retryAfterS: null };
  assert.deepEqual(analysisFailure(failure, "evaluation"), {
    title: "The evaluation was not ready in time.",
    text: "Try again in a moment.",
  });
  const invalid = { code: "invalid_ticker", detail: "A ticker has letters.", retryAfterS: null };
  assert.equal(analysisFailure(invalid, "pattern search").title, "The pattern search could not be made.");
  const refused = { code: "invalid_request", detail: "origins must be at most 250.", retryAfterS: null };
  assert.equal(analysisFailure(refused, "evaluation").text, "origins must be at most 250.");
});
