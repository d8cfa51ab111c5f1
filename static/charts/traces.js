/** The traces of the charts, as plotly takes them. Pure functions. */

/** @import { Theme } from "./axes.js" */

/**
 * @param {PricePoint[]} history
 * @param {Theme} theme
 */
export function closeLine(history, theme) {
  return {
    x: history.map(({ date }) => date),
    y: history.map(({ close }) => close),
    mode: "lines",
    name: "Close",
    line: { color: theme.text, width: 1.5 },
    hovertemplate: "%{y}",
  };
}

/**
 * Draw a day without an open, a high or a low as a dash at its close.
 *
 * @param {PricePoint[]} history
 * @param {Theme} theme
 */
export function candles(history, theme) {
  /** @param {"open"|"high"|"low"|"close"} name */
  const column = (name) => history.map((day) => day[name] ?? day.close);
  /** @param {string} colour */
  const filled = (colour) => ({ line: { color: colour, width: 1 }, fillcolor: colour });
  return {
    type: "candlestick",
    name: "Day",
    x: history.map(({ date }) => date),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    increasing: filled(theme.rise),
    decreasing: filled(theme.fall),
  };
}

/**
 * @param {PricePoint[]} history
 * @param {Theme} theme
 */
export function volumeBars(history, theme) {
  return {
    type: "bar",
    x: history.map(({ date }) => date),
    y: history.map(({ volume }) => volume),
    yaxis: "y2",
    name: "Volume",
    marker: { color: theme.edge, line: { width: 0 } },
    hovertemplate: "%{y:.3s}",
  };
}

/**
 * Draw the forecast and its interval, both from the last close on.
 *
 * @param {Pick<FinishedForecast, "as_of"|"last_close"|"forecast">} result
 * @param {Theme} theme
 */
export function forecastFan({ as_of: date, last_close: price, forecast }, theme) {
  const days = [{ date, price, lower: price, upper: price }, ...forecast];
  /**
   * @param {"price"|"lower"|"upper"} field
   * @param {object} style
   */
  const trace = (field, style) => ({
    x: days.map((day) => day.date),
    y: days.map((day) => day[field]),
    mode: "lines",
    line: { width: 0 },
    hovertemplate: "%{y}",
    ...style,
  });
  return [
    trace("upper", { name: "Upper" }),
    trace("lower", { name: "Lower", fill: "tonexty", fillcolor: theme.fan }),
    trace("price", { name: "Forecast", line: { color: theme.accent, width: 2.5 } }),
  ];
}

/**
 * Mark the changepoints within `history`, each at the close of its day or of the next one.
 *
 * @param {Components|null} components
 * @param {PricePoint[]} history
 * @param {Theme} theme
 */
export function changepointsOnCloses(components, history, theme) {
  const first = history[0]?.date ?? "";
  const marks = (components?.changepoints ?? []).flatMap(({ date: bend, rate_change_pct }) => {
    const day = bend >= first && history.find(({ date }) => date >= bend);
    return day ? [{ date: day.date, rate_change_pct, price: day.close }] : [];
  });
  return marks.length ? [changepointMarks(marks, theme)] : [];
}

/**
 * @param {{date: string, rate_change_pct: number, price: number|undefined}[]} changepoints
 * @param {Theme} theme
 */
export function changepointMarks(changepoints, theme) {
  return {
    x: changepoints.map(({ date }) => date),
    y: changepoints.map(({ price }) => price),
    customdata: changepoints.map(({ rate_change_pct }) => rate_change_pct),
    mode: "markers",
    name: "Changepoint",
    marker: { color: theme.miss, size: 9, symbol: "diamond", line: { color: theme.card, width: 1 } },
    hovertemplate: "growth %{customdata:+.1f} points a year",
  };
}

/**
 * @param {string} name
 * @param {BacktestPoint[]} points
 * @param {"price"|"actual"} field
 * @param {object} marker
 */
export function pointMarks(name, points, field, marker) {
  return {
    x: points.map(({ target }) => target),
    y: points.map((point) => point[field]),
    mode: "markers",
    name,
    marker,
    hovertemplate: "%{y}",
  };
}

/**
 * Draw each forecast's interval as a bar.
 *
 * @param {string} name
 * @param {BacktestPoint[]} points
 * @param {object} marker
 * @param {string} digits the format of a price
 */
export function intervalBars(name, points, marker, digits) {
  return {
    type: "bar",
    name,
    x: points.map(({ target }) => target),
    base: points.map(({ lower }) => lower),
    y: points.map(({ lower, upper }) => upper - lower),
    customdata: points.map(({ lower, upper }) => [lower, upper]),
    marker,
    hovertemplate: `%{customdata[0]:${digits}} – %{customdata[1]:${digits}}`,
  };
}
