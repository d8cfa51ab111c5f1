/** Interactive charts: plotly's script, loaded when the first one is drawn, and the charts as plain figures for it. */

const SCRIPT = "/chart-script.js";
/** Plotly adds the style sheet of its maps, which the policy forbids and nothing here needs, unless this id is there. */
const MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset", showTips: false };
const COLOURS = ["text", "muted", "line", "card", "accent", "wrong", "notice-edge", "fan", "rise"];

let loading = null;

/** Draw `figure` into `place`; gives false where the script cannot be had. */
export async function draw(place, figure) {
  const plotly = await loaded();
  if (!plotly) return false;
  const { data, layout } = figure(colours());
  place.hidden = false;
  await plotly.react(place, data, layout, CONFIG);
  return true;
}

/** Take a chart away and free what it holds. */
export function clear(place) {
  globalThis.Plotly?.purge(place);
  place.replaceChildren();
}

/** Show the dates from `start` to `end`. */
export function zoom(place, start, end) {
  globalThis.Plotly.relayout(place, { "xaxis.range": [start, end], "yaxis.autorange": true });
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

/** The page's own colours, so that a chart is light or dark with it. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return Object.fromEntries(COLOURS.map((name) => [name, named(name)]));
}

/** Closes or candles, volume, and the forecast with its fan. */
export function forecastFigure(result, prices, form) {
  return (colour) => {
    const past = prices?.prices ?? result.series;
    const dates = past.map(({ date }) => date);
    const ahead = [
      { date: result.as_of, price: result.last_close, lower: result.last_close, upper: result.last_close },
      ...result.forecast,
    ];
    const future = ahead.map(({ date }) => date);
    const history = form === "candles" && prices ? candles(past, dates, colour) : line(past, dates, colour);
    const data = [
      history,
      {
        x: future,
        y: ahead.map(({ upper }) => upper),
        mode: "lines",
        line: { width: 0 },
        name: "Upper",
        hovertemplate: "%{y:.2f}",
      },
      {
        x: future,
        y: ahead.map(({ lower }) => lower),
        mode: "lines",
        line: { width: 0 },
        fill: "tonexty",
        fillcolor: colour.fan,
        name: "Lower",
        hovertemplate: "%{y:.2f}",
      },
      {
        x: future,
        y: ahead.map(({ price }) => price),
        mode: "lines",
        line: { color: colour.wrong, width: 2 },
        name: "Forecast",
        hovertemplate: "%{y:.2f}",
      },
    ];
    if (prices) {
      data.push({
        type: "bar",
        x: dates,
        y: past.map(({ volume }) => volume),
        yaxis: "y2",
        name: "Volume",
        marker: { color: colour.muted, line: { width: 0 } },
        hovertemplate: "%{y:.3s}",
      });
    }
    // The same revision keeps the reader's zoom when the form or the colours change.
    const layout = { ...base(colour, result.currency), uirevision: result.request_id };
    if (prices) Object.assign(layout.yaxis, { domain: [0.24, 1] });
    if (prices)
      layout.yaxis2 = { domain: [0, 0.18], gridcolor: colour.line, fixedrange: true, nticks: 3, side: "right" };
    return { data, layout };
  };
}

/** What was forecast at each past origin against what came. */
export function backtestFigure({ points }, currency) {
  return (colour) => {
    const x = points.map(({ target }) => target);
    const y = points.map(({ price }) => price);
    const error = {
      type: "data",
      symmetric: false,
      color: colour.muted,
      thickness: 1,
      width: 0,
      array: points.map(({ upper, price }) => upper - price),
      arrayminus: points.map(({ lower, price }) => price - lower),
    };
    const data = [
      {
        x,
        y,
        error_y: error,
        mode: "markers",
        name: "Forecast and interval",
        marker: { color: colour.wrong, size: 7 },
        hovertemplate: "%{y:.2f}",
      },
      {
        x,
        y: points.map(({ actual }) => actual),
        mode: "lines+markers",
        name: "What came",
        line: { color: colour.accent, width: 1.5 },
        marker: { size: 4 },
        hovertemplate: "%{y:.2f}",
      },
    ];
    return { data, layout: { ...base(colour, currency), showlegend: true } };
  };
}

/** Several lines over dates: `lines` is a list of {name, dates, values}. */
export function linesFigure(lines, unit) {
  return (colour) => {
    const palette = [colour.accent, colour.wrong, colour["notice-edge"], colour.rise];
    const data = lines.map(({ name, dates, values }, at) => ({
      x: dates,
      y: values,
      mode: "lines",
      name,
      line: { color: palette[at % 4], width: 2, dash: ["solid", "dash", "dot", "dashdot"][at % 4] },
      hovertemplate: "%{y:.2f}",
    }));
    return { data, layout: { ...base(colour, unit), showlegend: true } };
  };
}

function line(past, dates, colour) {
  return {
    x: dates,
    y: past.map(({ close }) => close),
    mode: "lines",
    name: "Close",
    line: { color: colour.accent, width: 1.5 },
    hovertemplate: "%{y:.2f}",
  };
}

function candles(past, dates, colour) {
  const column = (name) => past.map((row) => row[name] ?? row.close);
  return {
    type: "candlestick",
    name: "Day",
    x: dates,
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    increasing: { line: { color: colour.rise, width: 1 } },
    decreasing: { line: { color: colour.wrong, width: 1 } },
  };
}

function base(colour, unit) {
  const axis = { gridcolor: colour.line, linecolor: colour.line, zeroline: false, automargin: true };
  return {
    font: { family: "system-ui, sans-serif", size: 12, color: colour.muted },
    paper_bgcolor: colour.card,
    plot_bgcolor: colour.card,
    margin: { l: 8, r: 8, t: 24, b: 24 },
    hovermode: "x unified",
    showlegend: false,
    dragmode: "zoom",
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    hoverlabel: { bgcolor: colour.card, font: { color: colour.text } },
    xaxis: { ...axis, type: "date", rangeslider: { visible: false }, hoverformat: "%a %-d %b %Y", fixedrange: false },
    yaxis: { ...axis, side: "right" },
    annotations: [
      { text: unit, xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "bottom", showarrow: false },
    ],
  };
}
