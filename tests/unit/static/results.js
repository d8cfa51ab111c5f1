/** A finished forecast as the API answers it, for tests; `changes` replace its fields. */
export function result(changes = {}) {
  return {
    ticker: "AAPL",
    days: 30,
    as_of: "2013-03-01",
    last_close: 400,
    counted_from: "2013-03-01",
    target_date: "2013-04-01",
    predicted_price: 410,
    currency: "USD",
    interval: { level: 0.8, lower: 360, upper: 460 },
    backtest: { mae_pct: 6.84, naive_mae_pct: 7.04 },
    verdict: "",
    model: { name: "blend", version: "stockcast-4", prophet_weight: 0.25 },
    data: {
      source: "yahoo",
      source_name: "Yahoo Finance",
      rows: 2518,
      first: "2003-03-03",
      last: "2013-03-01",
      fetched_at: "2013-03-02T19:00:00Z",
      stale: false,
      flags: [],
    },
    series: [{ date: "2013-03-01", close: 400 }],
    forecast: [
      { date: "2013-03-04", price: 401, lower: 390, upper: 412 },
      { date: "2013-04-01", price: 410, lower: 360, upper: 460 },
    ],
    components: null,
    ...changes,
  };
}

export const THEME = {
  text: "black",
  muted: "grey",
  line: "grey",
  edge: "grey",
  card: "white",
  accent: "blue",
  fan: "lightblue",
  miss: "red",
  rise: "green",
  fall: "red",
  fontSize: 12,
  dateCount: 6,
  isTouch: false,
};
