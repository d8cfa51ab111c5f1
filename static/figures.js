/**
 * The charts as plain figures for plotly. Each takes values and gives a function of the page's look: its colours, the
 * size of its letters, and how many dates have room. Dates are ISO strings throughout, which plotly places as they
 * stand, in no time zone.
 */

import { unitWords } from "./words.js";

/** From here on an axis has powers of ten: "1e+12" where twelve zeros would have no room. */
const LARGE = 1e9;
const DASHES = ["solid", "dash", "dot", "dashdot"];
const MARGIN = 0.06;

/**
 * Closes or candles, volume, changepoints, and the forecast with its fan.
 *
 * @param {object} result
 * @param {{past: object[], form: "line"|"candles", range: [string, string]}} view
 */
export function forecastFigure(result, { past, form, range }) {
  return (look) => {
    const detailed = past.some(({ volume }) => Number.isFinite(volume));
    const data = [...history(past, form, look), ...bends(result.components, past, look), ...fan(result, look)];
    const shown = pricesWithin(result, past, range);
    const layout = base(look, result.currency, shown);
    Object.assign(layout.xaxis, { range, rangebreaks: weekends(past) });
    Object.assign(layout.yaxis, { range: shown, fixedrange: true });
    if (detailed) {
      data.push(volumes(past, look));
      Object.assign(layout.yaxis, { domain: [0.22, 1] });
      const small = { domain: [0, 0.15], fixedrange: true, nticks: 3, rangemode: "tozero", exponentformat: "B" };
      layout.yaxis2 = { ...layout.yaxis, range: undefined, ...small };
    }
    return { data, layout };
  };
}

/** The lowest and the highest price between two dates, with a margin: a range that is zoomed into fills the chart. */
export function pricesWithin({ forecast }, past, [start, end]) {
  const within = ({ date }) => date >= start.slice(0, 10) && date <= end.slice(0, 10);
  const days = past.filter(within);
  const future = forecast.filter(within);
  const prices = [
    ...days.map(({ low, close }) => low ?? close),
    ...days.map(({ high, close }) => high ?? close),
    ...future.flatMap(({ lower, upper }) => [lower, upper]),
  ];
  if (prices.length === 0) return undefined;
  const [least, most] = [Math.min(...prices), Math.max(...prices)];
  const margin = (most - least || most) * MARGIN;
  return [least - margin, most + margin];
}

/**
 * How prices read on an axis and beside the pointer: two decimals, and below one unit of money as many as make four
 * digits. Without this plotly writes 0.000065 as "65µ".
 */
function priceFormat(prices) {
  const most = Math.max(...prices.filter(Number.isFinite).map(Math.abs));
  return { exponent: most >= LARGE ? "e" : "none", digits: most >= LARGE ? ".3e" : most < 1 ? ".4~r" : ",.2f" };
}

/** What was forecast for each past date, as an interval, and what came: inside, or as a cross outside. */
export function backtestFigure({ points }, level, currency) {
  return (look) => {
    const held = points.filter(({ actual, lower, upper }) => actual >= lower && actual <= upper);
    const missed = points.filter((point) => !held.includes(point));
    const paled = (list) => list.map(({ scored }) => (scored ? 1 : 0.4));
    const prices = points.flatMap(({ lower, upper, actual }) => [lower, upper, actual]);
    const { digits } = priceFormat(prices);
    const intervals = {
      type: "bar",
      name: level,
      x: points.map(({ target }) => target),
      base: points.map(({ lower }) => lower),
      y: points.map(({ lower, upper }) => upper - lower),
      customdata: points.map(({ lower, upper }) => [lower, upper]),
      marker: { color: look.fan, opacity: paled(points), line: { width: 0 } },
      hovertemplate: `%{customdata[0]:${digits}} – %{customdata[1]:${digits}}`,
    };
    const data = [
      intervals,
      dots("Forecast", points, "price", { color: look.accent, size: 9, symbol: "line-ew-open", line: { width: 2 } }),
      dots("Came inside", held, "actual", { color: look.text, size: 6, opacity: paled(held) }),
      dots("Came outside", missed, "actual", { color: look.miss, size: 9, symbol: "x", opacity: paled(missed) }),
    ];
    return { data, layout: { ...base(look, currency, prices), showlegend: true, bargap: 0.6 } };
  };
}

/** Several lines over dates: `lines` is a list of {name, dates, values}. */
export function linesFigure(lines, unit) {
  return (look) => {
    const palette = [look.accent, look.miss, look.rise, look.text];
    const data = lines.map(({ name, dates, values }, at) => ({
      x: dates,
      y: values,
      mode: "lines",
      name,
      line: { color: palette[at % 4], width: 2, dash: DASHES[at % 4] },
      hovertemplate: "%{y}",
    }));
    const figures = lines.flatMap(({ values }) => values);
    return { data, layout: { ...base(look, unit, figures), showlegend: true } };
  };
}

/** The trend with its changepoints over the closes, on a scale where a steady growth is a straight line. */
export function trendFigure({ trend, changepoints }, past, currency) {
  return (look) => {
    const priceOf = new Map(trend.map(({ date, price }) => [date, price]));
    const data = [
      { ...line(past, look), name: "Close", line: { color: look.edge, width: 1 } },
      {
        x: trend.map(({ date }) => date),
        y: trend.map(({ price }) => price),
        mode: "lines",
        name: "Trend",
        line: { color: look.accent, width: 2.5 },
        hovertemplate: "%{y}",
      },
      bendMarks(changepoints, ({ date }) => priceOf.get(date), look),
    ];
    const prices = data.flatMap(({ y }) => y);
    const layout = { ...base(look, currency, prices), showlegend: true };
    Object.assign(layout.yaxis, { type: "log", ...roundTicks(prices) });
    return { data, layout };
  };
}

/** 1, 2 and 5 of each power of ten: plotly's own ticks of such a scale are bare digits. */
function roundTicks(prices) {
  const [least, most] = [Math.min(...prices), Math.max(...prices)];
  const powers = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power += 1) powers.push(10 ** power);
  const few = powers.length > 4 ? [1] : [1, 2, 5];
  const ticks = powers.flatMap((power) => few.map((digit) => digit * power));
  return { tickvals: ticks.filter((tick) => tick >= least / 2 && tick <= most * 2), tickformat: "~r" };
}

/** By how many percent each time of the year moves the price. */
export function yearlyFigure(yearly) {
  return (look) => {
    const effects = yearly.map(({ effect_pct }) => effect_pct);
    const layout = base(look, "%", effects);
    Object.assign(layout.xaxis, { tickformat: "%b", hoverformat: "%-d %b" });
    Object.assign(layout.yaxis, { zeroline: true, zerolinecolor: look.edge });
    const data = [
      {
        x: yearly.map(({ date }) => date),
        y: effects,
        mode: "lines",
        name: "Season",
        line: { color: look.accent, width: 2.5 },
        fill: "tozeroy",
        fillcolor: look.fan,
        hovertemplate: "%{y:+.2f} %",
      },
    ];
    return { data, layout };
  };
}

function history(past, form, look) {
  return [form === "candles" ? candles(past, look) : line(past, look)];
}

function line(past, look) {
  return {
    x: past.map(({ date }) => date),
    y: past.map(({ close }) => close),
    mode: "lines",
    name: "Close",
    line: { color: look.text, width: 1.5 },
    hovertemplate: "%{y}",
  };
}

function candles(past, look) {
  const column = (name) => past.map((row) => row[name] ?? row.close);
  const filled = (shade) => ({ line: { color: shade, width: 1 }, fillcolor: shade });
  return {
    type: "candlestick",
    name: "Day",
    x: past.map(({ date }) => date),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    increasing: filled(look.rise),
    decreasing: filled(look.fall),
  };
}

function volumes(past, look) {
  return {
    type: "bar",
    x: past.map(({ date }) => date),
    y: past.map(({ volume }) => volume),
    yaxis: "y2",
    name: "Volume",
    marker: { color: look.edge, line: { width: 0 } },
    hovertemplate: "%{y:.3s}",
  };
}

function fan(result, look) {
  const { as_of: date, last_close: price } = result;
  const ahead = [{ date, price, lower: price, upper: price }, ...result.forecast];
  const part = (name, shape) => ({
    x: ahead.map((day) => day.date),
    y: ahead.map((day) => day[name]),
    mode: "lines",
    line: { width: 0 },
    hovertemplate: "%{y}",
    ...shape,
  });
  return [
    part("upper", { name: "Upper" }),
    part("lower", { name: "Lower", fill: "tonexty", fillcolor: look.fan }),
    part("price", { name: "Forecast", line: { color: look.accent, width: 2.5 } }),
  ];
}

/** The changepoints that lie in `past`, on the close of their day or of the first one after it. */
function bends(components, past, look) {
  const placed = (components?.changepoints ?? [])
    .map((bend) => ({ ...bend, on: past.find(({ date }) => date >= bend.date) }))
    .filter(({ date, on }) => on && date >= past[0].date)
    .map(({ rate_change_pct, on }) => ({ rate_change_pct, date: on.date, close: on.close }));
  return placed.length ? [bendMarks(placed, ({ close }) => close, look)] : [];
}

function bendMarks(changepoints, priceOf, look) {
  return {
    x: changepoints.map(({ date }) => date),
    y: changepoints.map(priceOf),
    customdata: changepoints.map(({ rate_change_pct }) => rate_change_pct),
    mode: "markers",
    name: "Changepoint",
    marker: { color: look.miss, size: 9, symbol: "diamond", line: { color: look.card, width: 1 } },
    hovertemplate: "growth %{customdata:+.1f} points a year",
  };
}

function dots(name, points, field, marker) {
  return {
    x: points.map(({ target }) => target),
    y: points.map((point) => point[field]),
    mode: "markers",
    name,
    marker,
    hovertemplate: "%{y}",
  };
}

/** What is never traded at weekends is drawn without them. */
function weekends(past) {
  const traded = past.some(({ date }) => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay()));
  return traded ? [] : [{ bounds: ["sat", "mon"] }];
}

function base(look, unit, figures) {
  const { exponent, digits } = priceFormat(figures ?? []);
  const axis = { gridcolor: look.line, linecolor: look.line, zeroline: false, automargin: true };
  return {
    font: { family: "system-ui, sans-serif", size: look.size, color: look.muted },
    paper_bgcolor: look.card,
    plot_bgcolor: look.card,
    margin: { l: 8, r: 8, t: 2 * look.size, b: 2 * look.size },
    hovermode: "x unified",
    showlegend: false,
    // On a touch screen a drag scrolls the page; the buttons zoom.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    legend: { orientation: "h", x: 0, y: -0.12, yanchor: "top" },
    hoverlabel: { bgcolor: look.card, bordercolor: look.line, font: { color: look.text } },
    xaxis: {
      ...axis,
      type: "date",
      tickangle: 0,
      nticks: look.dates,
      rangeslider: { visible: false },
      hoverformat: "%a %-d %b %Y",
    },
    yaxis: { ...axis, side: "right", exponentformat: exponent, hoverformat: digits },
    annotations: [
      { text: unitWords(unit), xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "bottom", showarrow: false },
    ],
  };
}
