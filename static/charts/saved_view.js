/** The view of the forecast's chart that a reader saves: with a title, and with the line that fills the dots. Pure functions. */

/** @import { Figure, Theme } from "./axes.js" */

/** A character's width, in font sizes. */
const CHARACTER = 0.55;
/** A line's height, in font sizes. */
const LINE = 1.4;

/**
 * Return a drawn chart as a picture that explains itself away from the page.
 *
 * @param {{data: object[], layout: PlotlyLayout}} drawn
 * @param {Theme} theme
 * @param {{title: string, line: {price: number, words: string}|null}} parts the line is null without a distribution
 * @returns {Figure & {height: number}} its height is that of the chart and of the words above it
 */
export function savedView({ data, layout }, theme, { title, line }) {
  const characters = Math.floor(theme.width / (CHARACTER * theme.fontSize));
  const words = [title, ...(line ? [line.words] : [])].flatMap((text) => wrapped(text, characters));
  const above = (words.length + 1) * LINE * theme.fontSize;
  const head = {
    text: words.join("<br>"),
    x: 0,
    y: 1,
    yshift: layout.margin.t,
    xanchor: "left",
    yanchor: "bottom",
    xref: "paper",
    yref: "paper",
    align: "left",
    showarrow: false,
    font: { color: theme.text },
  };
  const extended = {
    ...layout,
    margin: { ...layout.margin, t: layout.margin.t + above },
    annotations: [...layout.annotations, head],
    shapes: line && layout.xaxis2 ? [lineAcross(layout, line.price, theme)] : [],
  };
  return { data, layout: extended, height: theme.height + above };
}

/**
 * Draw the line across the dots.
 *
 * @param {PlotlyLayout} layout
 * @param {number} price
 * @param {Theme} theme
 */
function lineAcross({ xaxis2, yaxis3 }, price, { miss }) {
  const style = { color: miss, width: 2, dash: "dash" };
  return { type: "line", xref: "x2", yref: yaxis3 ? "y3" : "y", x0: 0, x1: xaxis2?.range[1], y0: price, y1: price, line: style };
}

/**
 * Break a text into lines at its spaces.
 *
 * @param {string} text
 * @param {number} most characters of a line
 * @returns {string[]}
 */
function wrapped(text, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trimStart();
    if (lines.length > 0 && longer.length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
