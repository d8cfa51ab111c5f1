/** Interactive charts: loads plotly's script for the first one, draws them and fits them to their containers. */

import { datesWithin } from "./axes.js";

/** @import { Figure, Theme } from "./axes.js" */

const SCRIPT = "chart-script.js";
const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const COLOURS = /** @type {const} */ (["text", "muted", "line", "edge", "card", "accent", "fan", "band", "miss", "rise", "fall"]);
const CHARACTERS_PER_DATE = 8;
/** The printable width of A4 and Letter. */
const PAPER_PX = 680;

/** @type {Promise<Plotly|null>|null} */
let loading = null;
/** Fits a chart that was drawn on a hidden tab, or whose window changed size. */
const resizes = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(/** @type {PlotlyElement} */ (target));
});
addEventListener("beforeprint", () => fitToPaper());
addEventListener("afterprint", () => drawnCharts().forEach(fit));

/** Start to load the script before the first chart needs it. */
export function preload() {
  loadPlotly();
}

/**
 * Draw a chart into `container`.
 *
 * @param {HTMLElement} container
 * @param {string} description for a reader who cannot see the chart
 * @param {(theme: Theme) => Figure|false} figure called when the script is there; returns false if the chart is no longer
 *   wanted by then
 * @returns {Promise<boolean>} false if nothing was drawn
 */
export async function draw(container, description, figure) {
  const plotly = await loadPlotly();
  const drawn = plotly && figure(themeOf(container));
  if (!drawn) return false;
  container.hidden = false;
  await plotly.react(container, drawn.data, drawn.layout, CONFIG);
  resizes.observe(container);
  container.setAttribute("role", "img");
  container.setAttribute("aria-label", description);
  return true;
}

/**
 * Offer what a chart shows as a PNG.
 *
 * @param {HTMLElement} container of a chart that is drawn
 * @param {string} filename without its ending
 * @param {(drawn: PlotlyElement, theme: Theme) => Figure & {height: number}} picture of the chart
 */
export async function download(container, filename, picture) {
  const theme = themeOf(container);
  const { height, ...figure } = picture(/** @type {PlotlyElement} */ (container), theme);
  await globalThis.Plotly?.downloadImage(figure, { format: "png", filename, width: theme.width, height, scale: 2 });
}

/**
 * Remove a chart and free its memory.
 *
 * @param {HTMLElement} container
 */
export function clear(container) {
  resizes.unobserve(container);
  globalThis.Plotly?.purge(container);
  container.replaceChildren();
  container.hidden = true;
}

/**
 * Call `listener` with the dates that the reader zooms to, and with null after a double click.
 *
 * @param {HTMLElement} container of a chart that is drawn
 * @param {(range: [string, string]|null) => void} listener
 */
export function onZoom(container, listener) {
  const chart = /** @type {PlotlyElement} */ (container);
  chart.removeAllListeners("plotly_relayout");
  chart.removeAllListeners("plotly_doubleclick");
  chart.on("plotly_relayout", (change) => {
    const [start, end] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (start && end) listener([start, end]);
  });
  chart.on("plotly_doubleclick", () => listener(null));
}

/**
 * Call `listener` with the dates of a stretch that the reader marks.
 *
 * @param {HTMLElement} container of a chart that is drawn
 * @param {(range: [string, string]) => void} listener
 */
export function onSelect(container, listener) {
  const chart = /** @type {PlotlyElement} */ (container);
  chart.removeAllListeners("plotly_selected");
  chart.on("plotly_selected", (selected) => selected?.range && listener(selected.range.x));
}

/**
 * Call `listener` each time the chart is drawn, also after its size has changed.
 *
 * @param {HTMLElement} container of a chart that is drawn
 * @param {() => void} listener
 */
export function onDrawn(container, listener) {
  const chart = /** @type {PlotlyElement} */ (container);
  chart.removeAllListeners("plotly_afterplot");
  chart.on("plotly_afterplot", listener);
}

/**
 * Give a chart the size of its container, and as many dates as fit.
 *
 * @param {PlotlyElement} chart
 */
function fit(chart) {
  if (!chart.clientWidth || !chart._fullLayout) return;
  const [start, end] = chart.layout.xaxis.domain ?? [0, 1];
  const dateCount = datesWithin(themeOf(chart), end - start);
  const { width, height } = chart._fullLayout;
  const hasOtherSize = Math.abs(width - chart.clientWidth) > 1 || Math.abs(height - chart.clientHeight) > 1;
  if (hasOtherSize) globalThis.Plotly?.Plots.resize(chart);
  if (chart.layout.xaxis.nticks !== dateCount) globalThis.Plotly?.relayout(chart, { "xaxis.nticks": dateCount });
}

function fitToPaper() {
  for (const chart of drawnCharts()) {
    if (chart.clientWidth > PAPER_PX) globalThis.Plotly?.relayout(chart, { width: PAPER_PX, autosize: false });
  }
}

/** @returns {PlotlyElement[]} */
function drawnCharts() {
  return [...document.querySelectorAll(".js-plotly-plot")].map((chart) => /** @type {PlotlyElement} */ (chart));
}

function loadPlotly() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.addEventListener("load", () => resolve(globalThis.Plotly ?? null));
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      resolve(null);
    });
    document.head.append(script);
  });
  return loading;
}

/**
 * Read the page's current colours and font size, so that a chart matches it in both colour schemes.
 *
 * @param {HTMLElement} container
 * @returns {Theme}
 */
export function themeOf(container) {
  const parent = container.parentElement;
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const fontSize = 0.75 * Number.parseFloat(style.fontSize);
  // A hidden container has no size yet, but will have its parent's.
  const [width, height] = [container.clientWidth || (parent?.clientWidth ?? 0), container.clientHeight || (parent?.clientHeight ?? 0)];
  const dateCount = Math.max(3, Math.floor(width / fontSize / CHARACTERS_PER_DATE));
  const isTouch = matchMedia("(pointer: coarse)").matches;
  return { .../** @type {Record<typeof COLOURS[number], string>} */ (colours), fontSize, width, height, dateCount, isTouch };
}
