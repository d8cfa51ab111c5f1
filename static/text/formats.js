/**
 * Formats for figures and dates: the same in every locale and time zone, as in "$424.12" and "Tue 2 Apr 2013". Pure
 * functions.
 */

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const NO_BREAK = "\u00a0";
/** The API's code for a currency that no source names. */
const UNKNOWN_CURRENCY = "XXX";
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
 * Format 424.1234 as "424.12". Use more digits below 1, so that a penny stock's range is not "0.00", and an exponent
 * from a million millions on.
 *
 * @param {number} price
 */
export function formatPrice(price) {
  const size = Math.abs(price);
  if (size >= 1e12) return price.toExponential(2);
  if (size >= 1 || size === 0) return groupDigits((price || 0).toFixed(2));
  return size >= 0.01 ? price.toFixed(4) : price.toPrecision(3);
}

/**
 * Format 424.1234 as "$424.12", or as "424.12 CHF" or "424.12 pence" if the currency has no unambiguous sign.
 *
 * @param {number} price
 * @param {string} currency
 */
export function formatMoney(price, currency) {
  const sign = SIGNS[currency];
  if (sign) return `${sign}${formatPrice(price)}`;
  const unit = currency === UNKNOWN_CURRENCY ? "(unknown currency)" : unitName(currency);
  return `${formatPrice(price)}${NO_BREAK}${unit}`;
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
 * Insert commas from five digits on: "4321.00", but "12,345.00".
 *
 * @param {string} digits
 */
function groupDigits(digits) {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** @param {string} isoDate */
function midnightUtc(isoDate) {
  return new Date(`${isoDate}T00:00:00Z`);
}
