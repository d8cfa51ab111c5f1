/**
 * Formats for figures and dates: the same in every locale and time zone, as in "$424.12" and "Tue 2 Apr 2013". Pure
 * functions.
 */

import { SHORT_FROM, isVolumeUnit, shortVolume } from "./volumes.js";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const NO_BREAK = "\u00a0";
/** The API's code for a currency that no source names. */
const UNKNOWN_CURRENCY = "XXX";
/** Prices below and from these on have an exponent. */
const [SMALLEST, LARGEST] = [1e-8, 1e12];
/** The digits from which the thousands of a price are grouped. */
const PRICE_GROUPS = 4;
/** The decimals of a price, the significant digits of one below 1, and the most decimals that toFixed() takes. */
const [FEWEST_DECIMALS, SMALL_DIGITS, MOST_DECIMALS] = [2, 4, 100];
/**
 * The names of hundredths, in which some exchanges quote shares, by their codes.
 *
 * @type {Record<string, string|undefined>}
 */
const HUNDREDTHS = { GBp: "pence", GBX: "pence", ZAc: "South African cents", ILA: "agorot" };
/** @type {Record<string, string|undefined>} */
const SIGNS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥" };

/**
 * Format `2013-04-02` as "Tue 2 Apr 2013".
 *
 * @param {string} isoDate
 */
export function formatDate(isoDate) {
  return `${WEEKDAYS[midnightUtc(isoDate).getUTCDay()]}${NO_BREAK}${formatShortDate(isoDate)}`;
}

/**
 * Format `2013-04-02` as "2 Apr 2013".
 *
 * @param {string} isoDate
 */
export function formatShortDate(isoDate) {
  return `${formatDayOfYear(isoDate)}${NO_BREAK}${midnightUtc(isoDate).getUTCFullYear()}`;
}

/**
 * Format `2013-04-02` as "2 Apr".
 *
 * @param {string} isoDate
 */
export function formatDayOfYear(isoDate) {
  const date = midnightUtc(isoDate);
  return `${date.getUTCDate()}${NO_BREAK}${MONTHS[date.getUTCMonth()]}`;
}

/**
 * Format 424.1234 as "424.12". Below 1, use four significant digits, so that a penny stock's range is not "0.00". Very
 * small and very large prices have an exponent. The command line, the summary and the PNG do the same.
 *
 * @param {number} price
 */
export function formatPrice(price) {
  const size = Math.abs(price);
  if (size !== 0 && (size < SMALLEST || size >= LARGEST)) return price.toExponential(2);
  return withDecimals(price || 0, decimalsOf(price));
}

/**
 * Format a value without its unit: 17347902.4 shares as "17.3 M", and a price as formatPrice() does.
 *
 * @param {number} value
 * @param {string} unit a currency, or a unit of volume
 */
export function formatAmount(value, unit) {
  return isVolumeUnit(unit) && value >= SHORT_FROM ? shortVolume(value).join(NO_BREAK) : formatPrice(value);
}

/**
 * Format the difference of two prices with the decimals of one of them: of 15.00, 0.0006 is "0.00".
 *
 * @param {number} difference
 * @param {number} price
 * @param {string} currency
 */
export function formatDifference(difference, price, currency) {
  return withUnit(withDecimals(difference, decimalsOf(price)), currency);
}

/**
 * Format a price that a person names with all its digits: "$1.1049", but "$450.00".
 *
 * @param {number} price
 * @param {string} currency
 */
export function formatNamedPrice(price, currency) {
  const usual = formatPrice(price);
  return withUnit(Number(usual.replaceAll(",", "")) === price ? usual : groupDigits(String(price), PRICE_GROUPS), currency);
}

/**
 * Format 424.1234 as "$424.12", or as "424.12 CHF" or "424.12 pence" if the currency has no unambiguous sign, and a volume
 * as "17.3 M shares".
 *
 * @param {number} price
 * @param {string} currency or the unit of a volume
 */
export function formatMoney(price, currency) {
  return withUnit(formatAmount(price, currency), currency);
}

/**
 * Put the unit to an amount. A word may stand on the next line, because a narrow screen would cut it in two.
 *
 * @param {string} amount
 * @param {string} currency
 */
function withUnit(amount, currency) {
  const sign = SIGNS[currency];
  if (sign) return `${sign}${amount}`;
  if (currency === UNKNOWN_CURRENCY) return `${amount} (unknown currency)`;
  return HUNDREDTHS[currency] ? `${amount} ${unitName(currency)}` : `${amount}${NO_BREAK}${unitName(currency)}`;
}

/**
 * Return a currency's code or name as the unit of an axis.
 *
 * @param {string} currency
 */
export function axisUnit(currency) {
  return currency === UNKNOWN_CURRENCY ? "unknown currency" : unitName(currency);
}

/**
 * Return a currency's code or name as it follows "in".
 *
 * @param {string} currency
 */
export function currencyName(currency) {
  return currency === UNKNOWN_CURRENCY ? "an unknown currency" : unitName(currency);
}

/** @param {string} currency */
function unitName(currency) {
  return HUNDREDTHS[currency] ?? currency;
}

/**
 * Format a probability or a share: 0.8 as "80 %".
 *
 * @param {number} share between 0 and 1
 */
export function formatShare(share) {
  return `${Number((share * 100).toFixed(1))}${NO_BREAK}%`;
}

/**
 * Format the level of an interval with all its digits: 0.9525 as "95.25 %".
 *
 * @param {number} level
 */
export function formatLevel(level) {
  return `${Number((level * 100).toFixed(8))}${NO_BREAK}%`;
}

/**
 * Format a size in percent: 5.08 as "5.1 %".
 *
 * @param {number} percent
 */
export function formatPercent(percent) {
  return `${groupDigits(percent.toFixed(1))}${NO_BREAK}%`;
}

/**
 * Format a change in percent: 1.24 as "+1.2 %".
 *
 * @param {number} percent
 */
export function formatChange(percent) {
  return withSign(percent, formatPercent);
}

/**
 * Format a difference of two rates, in percentage points: 1.24 as "+1.2".
 *
 * @param {number} points
 */
export function formatPoints(points) {
  return withSign(points, (size) => groupDigits(size.toFixed(1)));
}

/**
 * Format 19730300 as "19,730,300".
 *
 * @param {number} count
 */
export function formatCount(count) {
  return groupDigits(String(count));
}

/**
 * Format a count with its noun: "1 day", "2 days".
 *
 * @param {number} count
 * @param {string} noun in the singular
 */
export function formatQuantity(count, noun) {
  return `${formatCount(count)}${NO_BREAK}${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Format `number` with its sign. A number that rounds to zero has no sign: neither "+0.0" nor "−0.0" has a meaning.
 *
 * @param {number} number
 * @param {(size: number) => string} format formats a number without its sign
 */
export function withSign(number, format) {
  const size = format(Math.abs(number));
  if (!/[1-9]/.test(size)) return size;
  return `${number < 0 ? "−" : "+"}${size}`;
}

/**
 * Return the number of decimals of a price. It has two, or below 1 those of four significant digits.
 *
 * @param {number} price
 */
function decimalsOf(price) {
  const size = Math.abs(price);
  return size >= 1 || size === 0 ? FEWEST_DECIMALS : Math.min(SMALL_DIGITS - 1 - Math.floor(Math.log10(size)), MOST_DECIMALS);
}

/**
 * Format a number with so many decimals, but without zeros at the end beyond the second decimal.
 *
 * @param {number} number
 * @param {number} decimals
 */
function withDecimals(number, decimals) {
  return groupDigits(number.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1"), PRICE_GROUPS);
}

/**
 * Insert commas between thousands: in prices from four digits on, as in the summary, in other numbers from five on.
 *
 * @param {string} digits
 * @param {number} fewest digits that are grouped
 */
function groupDigits(digits, fewest = 5) {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace("-", "").length >= fewest ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** @param {string} isoDate */
function midnightUtc(isoDate) {
  return new Date(`${isoDate}T00:00:00Z`);
}
