/** The words of a day's bars. Pure functions. */

import { NO_BREAK, currencyName, formatChange, formatDate, formatMoney, formatShortDate } from "./formats.js";

/**
 * A bar: `time` is its start in the time zone of the stored times, such as "09:30".
 *
 * @typedef {{time: string, open: number, high: number, low: number, close: number, volume: number|null}} DayBar
 */

/** @typedef {{date: string, bars: DayBar[]}} Day */

/** @type {Record<string, string|undefined>} */
const INTERVALS = { "1h": "Hourly", "5min": "5 minutes" };
/** @type {Record<string, string|undefined>} */
const BARS = { "1h": "hourly", "5min": "five-minute" };
/** The texts of the API's findings that have a day at their end. */
const FINDINGS = [
  { begins: "missing hours on ", words: "Hours of this day are missing at the source." },
  { begins: "missing at the source and kept: ", words: "The source lacks bars of this day now. They are kept from an earlier fetch." },
];

/**
 * Return the days of stored bars, oldest first. A bar without one of its prices is left out.
 *
 * @param {StoredPrice[]} prices
 * @returns {Day[]}
 */
export function daysOfBars(prices) {
  /** @type {Map<string, DayBar[]>} */
  const days = new Map();
  for (const { time: moment = "", open, high, low, close, volume } of prices) {
    if (open === null || high === null || low === null || close === null) continue;
    const [date = "", time = ""] = [moment.slice(0, 10), moment.slice(11, 16)];
    days.set(date, [...(days.get(date) ?? []), { time, open, high, low, close, volume }]);
  }
  return [...days].map(([date, bars]) => ({ date, bars }));
}

/**
 * Return the name of an interval on a button.
 *
 * @param {string} interval
 */
export function intervalName(interval) {
  return INTERVALS[interval] ?? interval;
}

/**
 * @param {string} ticker
 * @param {string} date
 */
export function dayTitle(ticker, date) {
  return `${ticker} within the day, ${formatDate(date)}`;
}

/**
 * Describe the moves of a day.
 *
 * @param {Day} day
 * @param {Day|undefined} before the day before it with bars
 * @param {string} currency
 */
export function describeDay({ bars }, before, currency) {
  const [first, last, close] = [bars[0], bars.at(-1), before?.bars.at(-1)?.close];
  if (!first || !last) return "";
  const change = close && before ? `, ${formatChange((last.close / close - 1) * 100)} from the last bar of ${formatDate(before.date)}` : "";
  const [low, high] = [Math.min(...bars.map((bar) => bar.low)), Math.max(...bars.map((bar) => bar.high))];
  return (
    `It opened at ${formatMoney(first.open, currency)}. The last bar, from ${last.time}, closed at ` +
    `${formatMoney(last.close, currency)}${change}. The prices of the day lie between ${formatMoney(low, currency)} and ` +
    `${formatMoney(high, currency)}.`
  );
}

/**
 * Name the source, the date and the time zone of a day's bars, and what is missing.
 *
 * @param {Day} day
 * @param {StoredInterval} stored
 */
export function describeSource({ date, bars }, stored) {
  const { interval, time_zone: zone, source_name: source, fetched_at: fetched, currency, flags, stale, last } = stored;
  const kind = `${bars.length}${NO_BREAK}${BARS[interval] ?? interval} ${bars.length === 1 ? "bar" : "bars"}`;
  const at = `${formatShortDate(fetched.slice(0, 10))}, ${fetched.slice(11, 16)}${NO_BREAK}UTC`;
  const findings = FINDINGS.filter(({ begins }) => flags.includes(`${begins}${date}`)).map(({ words }) => words);
  const age = stale && date === last ? ["No newer bars are stored."] : [];
  const origin = `${kind} from ${source}, fetched on ${at}, in ${currencyName(currency)}.`;
  return [origin, `Times are those of ${placeOf(zone)}; each is the start of a bar.`, ...findings, ...age].join(" ");
}

/**
 * Describe the chart to a reader who cannot see it.
 *
 * @param {string} ticker
 * @param {Day} day
 * @param {Day|undefined} before
 * @param {string} currency
 */
export function dayDescription(ticker, day, before, currency) {
  return `${dayTitle(ticker, day.date)}, as candles. ${describeDay(day, before, currency)}`;
}

/**
 * Return the name of a time zone's place: "New York" of "America/New_York".
 *
 * @param {string} zone
 */
function placeOf(zone) {
  return zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
}
