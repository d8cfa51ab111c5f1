/** The small drawings of a pattern search: charts of hits, and bars of distributions. They are SVG, which is light. */

import { SIZE, smallLines } from "../charts/small_chart.js";
import { nearest } from "../text/patterns.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const BAR = { width: 300, height: 20 };

/**
 * Draw the closes around a hit: some before the pattern, those of the pattern, and those that followed.
 *
 * @param {HitChart} chart
 * @param {number} days the closes that the charts of one gallery have behind the pattern
 */
export function hitDrawing({ closes, begin, known }, days) {
  const lines = smallLines(closes, begin, known, days);
  const drawing = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, class: "small-chart", "aria-hidden": "true" });
  drawing.append(
    svg("line", { x1: lines.meeting, x2: lines.meeting, y1: 0, y2: SIZE.height, class: "meeting" }),
    svg("path", { d: lines.lead, class: "lead" }),
    svg("path", { d: lines.after, class: "after" }),
    svg("path", { d: lines.pattern, class: "pattern" }),
  );
  return drawing;
}

/**
 * Draw a distribution as a bar: 90 % of the moves within the line, half of them within the box, the median as a mark.
 *
 * @param {Moves} moves
 * @param {number[]} levels of its quantiles
 * @param {[number, number]} range of the axis in percent, which 0 is within
 * @param {string} description
 */
export function movesBar({ quantiles_pct: quantiles }, levels, [lowest, highest], description) {
  const x = (/** @type {number} */ move) => Math.round(((move - lowest) / (highest - lowest || 1)) * BAR.width * 10) / 10;
  const at = (/** @type {number} */ level) => x(quantiles[nearest(levels, level)] ?? 0);
  const middle = BAR.height / 2;
  const drawing = svg("svg", { viewBox: `0 0 ${BAR.width} ${BAR.height}`, class: "moves-bar", role: "img", preserveAspectRatio: "none" });
  drawing.setAttribute("aria-label", description);
  drawing.append(
    svg("line", { x1: x(0), x2: x(0), y1: 0, y2: BAR.height, class: "zero" }),
    svg("line", { x1: at(0.05), x2: at(0.95), y1: middle, y2: middle, class: "whole" }),
    svg("rect", { x: at(0.25), width: Math.max(at(0.75) - at(0.25), 1), y: 4, height: BAR.height - 8, class: "half" }),
    svg("line", { x1: at(0.5), x2: at(0.5), y1: 2, y2: BAR.height - 2, class: "median" }),
  );
  return drawing;
}

/**
 * @param {string} name
 * @param {Record<string, string|number>} attributes
 */
function svg(name, attributes) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}
