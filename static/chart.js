/** Interactive charts: plotly's script, loaded when the first one is drawn, and what is drawn with it. */

const SCRIPT = "chart-script.js";
/** Plotly adds the style sheet of its maps, which the policy forbids and nothing here needs, unless this id is there. */
const MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const COLOURS = ["text", "muted", "line", "edge", "card", "accent", "fan", "miss", "rise", "fall"];

const LETTERS_A_DATE = 8;

/** On paper no chart is wider: A4 and Letter, without their margins. */
const PAPER_PX = 680;

let loading = null;
/** A chart that was drawn on a hidden tab, or whose window changed meanwhile, gets its size when it is shown. */
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
addEventListener("beforeprint", () => fitPaper());
addEventListener("afterprint", () => drawnPlaces().forEach(fit));

/** Begin to load the script, for a chart that will be drawn soon. */
export function prepare() {
  loaded();
}

/**
 * Draw `figure` into `place`, named by `words` for those who do not see it. Gives false where nothing was drawn: the
 * script cannot be had, or `figure` gave nothing, because the chart is no longer wanted when the script arrives.
 */
export async function draw(place, words, figure) {
  const plotly = await loaded();
  const drawn = plotly && figure(look(place));
  if (!drawn) return false;
  place.hidden = false;
  await plotly.react(place, drawn.data, drawn.layout, CONFIG);
  sizes.observe(place);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", words);
  return true;
}

/** Take a chart away and free what it holds. */
export function clear(place) {
  sizes.unobserve(place);
  globalThis.Plotly?.purge(place);
  place.replaceChildren();
  place.hidden = true;
}

/** Tell `listener` the dates that a reader zoomed to, or null after a double click, which asks for all again. */
export function onZoom(place, listener) {
  place.removeAllListeners("plotly_relayout");
  place.removeAllListeners("plotly_doubleclick");
  place.on("plotly_relayout", (change) => {
    if (change["xaxis.range[0]"]) listener([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
  });
  place.on("plotly_doubleclick", () => listener(null));
}

/** Give a chart the size of its place, and as many dates as have room there. */
function fit(place) {
  if (!place.clientWidth || !place._fullLayout) return;
  const { dates } = look(place);
  const { width, height } = place._fullLayout;
  const isOff = Math.abs(width - place.clientWidth) > 1 || Math.abs(height - place.clientHeight) > 1;
  if (isOff) globalThis.Plotly.Plots.resize(place);
  if (place.layout.xaxis.nticks !== dates) globalThis.Plotly.relayout(place, { "xaxis.nticks": dates });
}

function fitPaper() {
  for (const place of drawnPlaces()) {
    if (place.clientWidth > PAPER_PX) globalThis.Plotly.relayout(place, { width: PAPER_PX, autosize: false });
  }
}

function drawnPlaces() {
  return [...document.querySelectorAll(".js-plotly-plot")];
}

function loaded() {
  loading ??= new Promise((resolve) => {
    const mark = document.createElement("meta");
    mark.id = MAP_STYLES;
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.addEventListener("load", () => resolve(globalThis.Plotly ?? null));
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      resolve(null);
    });
    document.head.append(mark, script);
  });
  return loading;
}

/** The page's own colours, so that a chart is light or dark with it; letters that grow with the page's; and its room. */
function look(place) {
  const style = getComputedStyle(document.documentElement);
  const colours = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  const size = 0.75 * Number.parseFloat(style.fontSize);
  // A chart that is not shown yet is as wide as what it is in.
  const letters = (place.clientWidth || place.parentElement.clientWidth) / size;
  return { ...Object.fromEntries(colours), size, dates: Math.max(3, Math.floor(letters / LETTERS_A_DATE)) };
}
