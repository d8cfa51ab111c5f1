/** Places on the board's bars and the colours of its tiles. Pure functions. */

/** The sizes from which a tile has the next colour, in usual moves. */
export const STEPS = [0.5, 1, 2];
const MIDDLE = 50;

/** A bar's place on a scale from 0 to 100. @typedef {{start: number, length: number}} Bar */

/**
 * Return the bar of a signed value: from the middle to the right if it is positive, else to the left.
 *
 * @param {number} value
 * @param {number} largest the size that fills its half
 * @returns {Bar}
 */
export function signedBar(value, largest) {
  const length = largest > 0 ? Math.min(Math.abs(value) / largest, 1) * MIDDLE : 0;
  return { start: value < 0 ? MIDDLE - length : MIDDLE, length };
}

/**
 * Return the bar of a size, from the left.
 *
 * @param {number} value
 * @param {number} largest the size that fills the scale
 * @returns {Bar}
 */
export function sizeBar(value, largest) {
  return { start: 0, length: largest > 0 ? Math.min(Math.max(value / largest, 0), 1) * 2 * MIDDLE : 0 };
}

/**
 * Return the colour's class of a tile: "rise-3" for a rise of more than 2 usual moves, "fall-1" for a small fall, "even" in
 * between, "unknown" without a value.
 *
 * @param {number|null} moves signed
 */
export function tileClass(moves) {
  if (moves === null) return "unknown";
  const step = STEPS.filter((from) => Math.abs(moves) >= from).length;
  if (step === 0) return "even";
  return `${moves < 0 ? "fall" : "rise"}-${step}`;
}
