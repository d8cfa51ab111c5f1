/** A price that a person types, read in the currency of the stock. Pure functions. */

import { currencyName } from "./formats.js";

const NO_PRICE = "Enter a price above 0, such as 450.50.";
const DECIMAL_COMMA = "Write the decimals after a point, such as 450.50.";

/** The parts of a typed price: a unit before or behind it, or none. */
const PARTS = /^(?<before>[^\d.,+-]*?) ?(?<number>[\d.,' ]*\d[\d.,]*(?:e[+-]?\d+)?) ?(?<behind>[^\d.,]*)$/i;
/** Thousands may have commas, spaces or apostrophes between them, always the same. Decimals follow a point. */
const NUMBER = /^(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)?(?:\.\d*)?(?:e[+-]?\d+)?$/i;

/**
 * The currencies of signs and words. Other units are codes.
 *
 * @type {Record<string, string|undefined>}
 */
const UNITS = { $: "USD", "€": "EUR", "£": "GBP", "¥": "JPY", p: "GBp", pence: "GBp", penny: "GBp", agorot: "ILA" };
/**
 * The codes of hundredths in their other spellings.
 *
 * @type {Record<string, string|undefined>}
 */
const HUNDREDTHS = { GBp: "GBp", GBX: "GBp", ZAc: "ZAc", ZAC: "ZAc", ILA: "ILA" };

/**
 * Read a typed price: "450", "$1,234.50", "450 USD" or "450p". Refuse a unit that is not the stock's, because "£4.50" is
 * not 4.50 pence, and a decimal comma, because "1,250" already means 1250.
 *
 * @param {string} text
 * @param {string} currency of the stock
 * @returns {{price: number, problem: ""}|{price: null, problem: string}}
 */
export function readPrice(text, currency) {
  const { number, units } = partsOf(text);
  if (!NUMBER.test(number)) return refused(/,\d*$/.test(number) ? DECIMAL_COMMA : NO_PRICE);
  const price = Number(number.replaceAll(/[, ']/g, ""));
  if (!(price > 0 && Number.isFinite(price))) return refused(NO_PRICE);
  const isForeign = units.some((unit) => codeOf(unit) !== codeOf(currency));
  return isForeign ? refused(explainUnit(currency)) : { price, problem: "" };
}

/**
 * Return the number and the units of a typed price. Without a number, it is "".
 *
 * @param {string} text
 */
function partsOf(text) {
  const { before = "", number = "", behind = "" } = PARTS.exec(simplified(text))?.groups ?? {};
  return { number, units: [before, behind].filter(Boolean) };
}

/** @param {string} currency */
function explainUnit(currency) {
  const name = currencyName(currency);
  return `The prices of this stock are in ${name}. Type the number alone${name === currency ? `, or with ${name}` : ""}.`;
}

/**
 * Return the code of a unit. Letters decide between pence (GBp) and pounds (GBP).
 *
 * @param {string} unit
 */
function codeOf(unit) {
  return UNITS[unit.toLowerCase()] ?? HUNDREDTHS[unit] ?? HUNDREDTHS[unit.toUpperCase()] ?? unit.toUpperCase();
}

/**
 * Replace every kind of space by one space, and the curved apostrophe by the straight one.
 *
 * @param {string} text
 */
function simplified(text) {
  return text.trim().replaceAll(/\s+/g, " ").replaceAll("’", "'");
}

/**
 * @param {string} problem
 * @returns {{price: null, problem: string}}
 */
function refused(problem) {
  return { price: null, problem };
}
