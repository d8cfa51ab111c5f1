/** A board of the market as the API answers it, for tests. */

const STOCKS = [
  ["AAPL", "Apple Inc.", "Technology", 430.47, -2.48, 1.18, 44, 34.1],
  ["BRK-B", "Berkshire Hathaway Inc.", "Financials", 402.1, 0.12, 0.11, 3, 11.2],
  ["CVX", "Chevron Corporation", "Energy", 151.02, 4.1, 2.9, 91, 41.7],
  ["FB", "Meta Platforms, Inc.", "Technology", 27.78, 1.95, 0.72, 77, 52],
  ["IBM", "International Business Machines Corporation", "Technology", 202.91, 1.03, 1.01, 18, 16.4],
  ["JPM", "JPMorgan Chase & Co.", "Financials", 48.9, -5.31, 4.21, 99, 61.3],
  ["XOM", "Exxon Mobil Corporation", "Energy", 89.43, -0.44, 0.41, 52, 19.9],
];

/** Return a row of the board; `changes` replace its values. */
export function boardRow([ticker, name, sector, close, change, moves, percentile, volatility], changes = {}) {
  const half = volatility / 4;
  return {
    ticker,
    name,
    sector,
    code: null,
    detail: null,
    source: "yahoo",
    currency: "USD",
    as_of: "2026-11-27",
    stale: false,
    last_close: close,
    change_pct: change,
    usual_move_pct: Math.abs(change) / moves,
    usual_moves: moves,
    day_range_lower: close * 0.97,
    day_range_upper: close * 1.03,
    day_range_broken: moves > 2 ? (change < 0 ? "below" : "above") : null,
    volatility_pct: volatility,
    volatility_percentile: percentile,
    target_5d: "2026-12-04",
    range_pct_5d: half,
    target_21d: "2026-12-29",
    price_21d: close,
    lower_21d: close * (1 - half / 100),
    upper_21d: close * (1 + half / 100),
    range_pct_21d: 2 * half,
    chance_up_21d: 0.523,
    ...changes,
  };
}

export const ROWS = STOCKS.map((stock) => boardRow(stock));

export function rowOf(ticker, changes = {}) {
  return { ...ROWS.find((row) => row.ticker === ticker), ...changes };
}

const signed = (row) => Math.sign(row.change_pct) * row.usual_moves;
const highest = (rows, key) => [...rows].sort((one, other) => key(other) - key(one));
const lowest = (rows, key) => highest(rows, (row) => -key(row));

/** Return what stands out among rows, as the API answers. */
export function moversOf(rows = ROWS, changes = {}, limit = 5) {
  const list = (sorted) => sorted.slice(0, limit);
  const broken = rows.filter((row) => row.day_range_broken);
  return {
    date: "2026-11-27",
    as_of: "2026-11-27",
    horizons: [5, 21, 63],
    sources: ["yahoo"],
    total: rows.length,
    up: list(highest(rows.filter((row) => signed(row) > 0), signed)),
    down: list(lowest(rows.filter((row) => signed(row) < 0), signed)),
    broken: list(highest(broken, (row) => row.usual_moves)),
    broken_total: broken.length,
    expected_broken: 0.05 * rows.length,
    nervous: list(highest(rows, (row) => row.volatility_percentile)),
    calm: list(lowest(rows, (row) => row.volatility_percentile)),
    widest: list(highest(rows, (row) => row.range_pct_21d)),
    narrowest: list(lowest(rows, (row) => row.range_pct_21d)),
    sectors: sectorsOf(rows),
    ...changes,
  };
}

function sectorsOf(rows) {
  const names = [...new Set(rows.map(({ sector }) => sector).filter(Boolean))].sort();
  return names.map((sector) => {
    const members = rows.filter((row) => row.sector === sector);
    const moves = members.map(signed).sort((one, other) => one - other);
    return {
      sector,
      stocks: members.length,
      rising: moves.filter((move) => move > 0).length,
      falling: moves.filter((move) => move < 0).length,
      median_usual_moves: moves[Math.floor(moves.length / 2)],
      rows: highest(members, (row) => row.usual_moves).slice(0, 12),
    };
  });
}
