import assert from "node:assert/strict";
import { test } from "node:test";
import { dayFigure } from "../../../static/charts/day_figure.js";
import { dayDescription, dayTitle, daysOfBars, describeDay, describeSource } from "../../../static/text/day.js";
import { plain } from "./plain.js";

const STORED = {
  ticker: "AAPL",
  interval: "1h",
  time_zone: "America/New_York",
  source_name: "Twelve Data",
  fetched_at: "2026-11-27T18:50:12Z",
  currency: "USD",
  flags: [],
  stale: false,
  last: "2026-11-27",
};

function bar(time, close, more = {}) {
  return { time, open: 10, high: Math.max(10, close), low: Math.min(10, close), close, volume: 5, ...more };
}

const PRICES = [
  bar("2026-11-25T14:30:00-05:00", 10),
  bar("2026-11-25T15:30:00-05:00", 8),
  bar("2026-11-27T09:30:00-05:00", 11),
  bar("2026-11-27T10:30:00-05:00", 9),
];

test("bars are divided into days, with the times as they are stored", () => {
  const days = daysOfBars(PRICES);
  assert.deepEqual(
    days.map(({ date, bars }) => [date, bars.map(({ time }) => time)]),
    [
      ["2026-11-25", ["14:30", "15:30"]],
      ["2026-11-27", ["09:30", "10:30"]],
    ],
  );
});

test("a bar without a price is left out", () => {
  assert.equal(daysOfBars([bar("2026-11-25T14:30:00-05:00", 10, { low: null })]).length, 0);
});

test("a day is compared with the last bar of the day before it", () => {
  const [before, day] = daysOfBars(PRICES);
  assert.equal(
    plain(describeDay(day, before, "USD")),
    "It opened at $10.00. The last bar, from 10:30, closed at $9.00, +12.5 % from the last bar of Wed 25 Nov 2026. " +
      "The prices of the day lie between $9.00 and $11.00.",
  );
  assert.doesNotMatch(describeDay(day, undefined, "USD"), /from the last bar of/);
  assert.equal(plain(dayTitle("AAPL", day.date)), "AAPL within the day, Fri 27 Nov 2026");
  assert.match(dayDescription("AAPL", day, before, "USD"), /as candles\. It opened/);
});

test("the source, the date and the time zone are named, and what is missing on the day", () => {
  const [before, day] = daysOfBars(PRICES);
  assert.equal(
    plain(describeSource(day, STORED)),
    "2 hourly bars from Twelve Data, fetched on 27 Nov 2026, 18:50 UTC, in USD. " +
      "Times are those of New York; each is the start of a bar.",
  );
  const flags = ["missing hours on 2026-11-27", "missing at the source and kept: 2026-11-25"];
  assert.match(describeSource(day, { ...STORED, flags }), /bar\. Hours of this day are missing at the source\.$/);
  assert.match(describeSource(before, { ...STORED, flags }), /They are kept from an earlier fetch\.$/);
  assert.match(describeSource(day, { ...STORED, stale: true }), /No newer bars are stored\.$/);
});

test("the chart has the bars at their starts, and the close before the day as a line", () => {
  const [before, day] = daysOfBars(PRICES);
  const theme = { fontSize: 12, dateCount: 5, isTouch: false };
  const [line, bars] = dayFigure(day, before, "USD")(theme).data;
  assert.deepEqual([line.y, plain(line.name)], [[8, 8], "Close of Wed 25 Nov 2026"]);
  assert.deepEqual([bars.x, bars.close], [["2026-11-27T09:30", "2026-11-27T10:30"], [11, 9]]);
  assert.equal(dayFigure(day, undefined, "USD")(theme).data.length, 1);
});
