import { scoreOfProbability } from "../../../static/charts/normal.js";

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

/** The 99 percentiles of a lognormal distribution. */
export function lognormal(median, deviation) {
  return Array.from({ length: 99 }, (_, at) => median * Math.exp(deviation * scoreOfProbability((at + 1) / 100)));
}

export function distribution() {
  return { end: lognormal(410, 0.1), highest: lognormal(430, 0.07), lowest: lognormal(375, 0.05) };
}

/** A result with the distribution, as the present engine answers. */
export function distributed(changes = {}) {
  const quantiles = [340, 360, 385, 410, 440, 460, 495];
  return result({
    forecast: result().forecast.map((day) => ({ ...day, quantiles })),
    distribution: distribution(),
    sample_paths: { dates: ["2013-03-04", "2013-04-01"], prices: [[402, 300], [399, 520]] },
    ...changes,
  });
}

export const RISK = {
  horizon_trading_days: 20,
  value_at_risk_95_pct: 10,
  expected_shortfall_95_pct: 15,
  median_drawdown_pct: 5,
  drawdown_95_pct: 20,
  volatility_pct: 34,
  volatility_percentile: 0.4351,
};

export const THEME = {
  text: "black",
  muted: "grey",
  line: "grey",
  edge: "grey",
  card: "white",
  accent: "blue",
  fan: "lightblue",
  band: "aliceblue",
  miss: "red",
  rise: "green",
  fall: "red",
  fontSize: 12,
  width: 1000,
  height: 600,
  dateCount: 6,
  isTouch: false,
};
