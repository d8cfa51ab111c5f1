/** The lines of a small chart: the prices before a pattern, those of the pattern, and those that followed. Pure functions. */

/** The chart's size in its own units; a unit is about a pixel. */
export const SIZE = { width: 220, height: 88 };
const MARGIN = 4;

/**
 * Return the paths of the three lines, each of which begins on the last day of the one before.
 *
 * @param {number[]} closes
 * @param {number} begin the place of the pattern's first day
 * @param {number} known the place of the day on which the pattern is known
 * @param {number} days that fit behind the pattern, so that the charts of one gallery have the same scale
 * @returns {{lead: string, pattern: string, after: string, meeting: number}} `meeting` is the place of the day `known`
 */
export function smallLines(closes, begin, known, days) {
  const [lowest, highest] = [Math.min(...closes), Math.max(...closes)];
  const steps = Math.max(known + days, closes.length - 1, 1);
  const x = (/** @type {number} */ at) => round(MARGIN + (at / steps) * (SIZE.width - 2 * MARGIN));
  const y = (/** @type {number} */ price) => {
    const height = highest > lowest ? (price - lowest) / (highest - lowest) : 0.5;
    return round(SIZE.height - MARGIN - height * (SIZE.height - 2 * MARGIN));
  };
  const path = (/** @type {number} */ first, /** @type {number} */ last) => {
    const places = closes.slice(first, last + 1).map((price, at) => `${x(first + at)} ${y(price)}`);
    return places.length > 1 ? `M${places.join("L")}` : "";
  };
  return {
    lead: path(0, begin - 1),
    pattern: path(Math.max(begin - 1, 0), known),
    after: path(known, closes.length - 1),
    meeting: x(known),
  };
}

/** @param {number} place */
function round(place) {
  return Math.round(place * 10) / 10;
}
