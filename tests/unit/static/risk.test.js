import assert from "node:assert/strict";
import { test } from "node:test";
import { describeRisk, losses, moveChances, volatility } from "../../../static/text/risk.js";
import { plain } from "./plain.js";
import { RISK, result } from "./results.js";

test("the losses are in percent, each with the length of its bar", () => {
  const figures = losses(RISK);
  assert.deepEqual(
    figures.map(({ term, value, part }) => [plain(term), plain(value), part]),
    [
      ["Value at risk, 95 %", "10.0 %", 0.5],
      ["Expected shortfall, 95 %", "15.0 %", 0.75],
      ["Median drawdown", "5.0 %", 0.25],
      ["95 % drawdown", "20.0 %", 1],
    ],
  );
  assert.equal(plain(figures[0].words), "In 19 of 20 cases, it may end no lower than 10.0 % below the last close.");
});

test("a gain in the worst cases is no loss", () => {
  const [atRisk] = losses({ ...RISK, value_at_risk_95_pct: -3 });
  assert.equal(plain(atRisk.value), "none: 3.0 % gain");
  assert.equal(atRisk.part, 0);
  assert.match(plain(atRisk.words), /no lower than 3\.0 % above the last close\.$/);
});

test("the chances of a gain and of large moves are in whole percent", () => {
  const chances = { above_last_close: 0.514, gain_over_10_pct: 0.17, loss_over_10_pct: 0.003 };
  assert.deepEqual(moveChances(chances).map(({ value }) => plain(value)), ["51 %", "17 %", "less than 1 %"]);
});

test("the volatility is compared with its own past", () => {
  const [figure] = volatility(RISK);
  assert.equal(plain(figure.value), "34.0 % a year");
  assert.match(plain(figure.words), /^The moves of the last weeks are larger than on 44 % of past days\./);
  assert.ok(figure.isMark);
});

test("an older result has no risk figures", () => {
  assert.match(plain(describeRisk(result({ risk: RISK }))), /over 20 trading days to Mon 1 Apr 2013/);
  assert.match(describeRisk(result()), /no risk figures/);
});
