/**
 * What the page says: results, stages and failures as sentences. Pure: values in, strings out; no page, no clock of its
 * own. Figures look the same in every locale, as in "424.12 USD" and "Tue 2 Apr 2013".
 */

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
const NO_BREAK = "\u00a0";

const SOURCES = {
  tiingo: "Tiingo",
  yahoo: "Yahoo Finance",
  nasdaq: "Nasdaq Data Link",
  nasdaq_data_link: "Nasdaq Data Link",
  alpha_vantage: "Alpha Vantage",
  twelve_data: "Twelve Data",
  finnhub: "Finnhub",
};

/** `2013-04-02` as "Tue 2 Apr 2013". */
export function dateWords(isoDate) {
  const date = new Date(`${isoDate}T00:00:00Z`);
  return [WEEKDAYS[date.getUTCDay()], date.getUTCDate(), MONTHS[date.getUTCMonth()], date.getUTCFullYear()].join(NO_BREAK);
}

/** 424.1234 as "424.12"; below one unit of money with four digits, so that a penny stock's range is not "0.00". */
export function priceFigures(price) {
  const digits = Math.abs(price) < 1 ? 4 : 2;
  return grouped(price.toFixed(digits));
}

/** 0.8 as "80 %". */
export function levelWords(level) {
  return `${Number((level * 100).toFixed(1))}${NO_BREAK}%`;
}

/** The answer as three parts of one sentence, so that the page can set the price apart. */
export function answerWords({ ticker, target_date, predicted_price, currency, interval }) {
  const { level, lower, upper } = interval;
  return {
    lead: `${ticker} on ${dateWords(target_date)}:`,
    price: `${priceFigures(predicted_price)}${NO_BREAK}${currency}`,
    range: `, ${levelWords(level)} between ${priceFigures(lower)} and ${priceFigures(upper)}${NO_BREAK}${currency}.`,
  };
}

/** The answer as one plain sentence. */
export function answerSentence(result) {
  const { lead, price, range } = answerWords(result);
  return `${lead} ${price}${range}`;
}

/** What must not be overlooked before the forecast is believed. `now` is a Date. */
export function noticeWords({ data }, now) {
  const notices = [];
  if (data.source === "sample") {
    notices.push("Sample prices (public-domain Quandl WIKI data), not today’s market.");
  }
  if (data.stale) {
    const days = Math.floor((now - new Date(`${data.last}T00:00:00Z`)) / DAY_MS);
    notices.push(`These prices end on ${dateWords(data.last)}; they are ${plural(days, "day")} old.`);
  }
  return notices;
}

/** The facts behind the answer, as pairs of a term and its words. */
export function factWords(result) {
  return [
    ["Last close", lastCloseWords(result)],
    ["Forecast against it", changeWords(result)],
    ["Target date", targetWords(result)],
    ["Prices", sourceWords(result.data)],
    ["Age", ageWords(result.data)],
    ["Model", `${result.model.name}, engine ${result.model.version}`],
  ];
}

/** The text that stands for the picture. */
export function chartWords(result) {
  const { level, lower, upper } = result.interval;
  return (
    `Chart of ${result.ticker}: closes up to ${dateWords(result.as_of)}, then the forecast to ` +
    `${dateWords(result.target_date)}, ${priceFigures(result.predicted_price)} ${result.currency}, with its ` +
    `${levelWords(level)} interval from ${priceFigures(lower)} to ${priceFigures(upper)} ${result.currency}.`
  );
}

function lastCloseWords({ last_close, currency, as_of }) {
  return `${priceFigures(last_close)}${NO_BREAK}${currency} on ${dateWords(as_of)}`;
}

function changeWords({ predicted_price, last_close, currency }) {
  const change = predicted_price - last_close;
  if (change === 0) return "No change";
  return `${signed(change, priceFigures)}${NO_BREAK}${currency} (${percentWords((change / last_close) * 100)})`;
}

function targetWords({ target_date, days, counted_from, as_of }) {
  const start = counted_from === as_of ? ", the day of the last close" : "";
  return (
    `${dateWords(target_date)}, the first trading day on or after ${plural(days, "calendar day")} ` +
    `from ${dateWords(counted_from)}${start}`
  );
}

function sourceWords({ source, rows, first, last, fetched_at }) {
  const span = `${plural(rows, "close")} from ${dateWords(first)} to ${dateWords(last)}`;
  if (source === "sample") return `Sample (public-domain Quandl WIKI data), ${span}`;
  return `${SOURCES[source] ?? source}, ${span}, fetched on ${dateWords(fetched_at.slice(0, 10))}`;
}

function ageWords({ last, fetched_at, stale }) {
  const age = `Newest of ${dateWords(last)}${stale ? ", more than a week ago" : ""}`;
  return `${age}; stored on ${dateWords(fetched_at.slice(0, 10))}`;
}

/** The longest stretch without a price, and how many days had no volume; what a reader checks first in a series. */
export function gapWords(prices) {
  let longest = { days: 0, from: "", to: "" };
  for (let at = 1; at < prices.length; at += 1) {
    const [from, to] = [prices[at - 1].date, prices[at].date];
    const days = Math.round((new Date(to) - new Date(from)) / DAY_MS);
    if (days > longest.days) longest = { days, from, to };
  }
  const idle = prices.filter(({ volume }) => volume === 0).length;
  const gap = longest.days
    ? `Longest gap ${plural(longest.days, "day")}, ${dateWords(longest.from)} to ${dateWords(longest.to)}`
    : "No gaps";
  return `${gap}; ${plural(idle, "day")} without volume`;
}

/** What the checks found in a series before it was stored. */
export function checkWords({ dropped, flags }) {
  const found = flags.length ? flags.join("; ") : "Nothing unusual";
  return dropped ? `${found}; ${plural(dropped, "row")} left out` : found;
}

/** A backtest in words, for the head of its table. */
export function backtestWords({ scored, origins, horizon_trading_days, coverage, direction_hit_rate }, level) {
  const direction =
    direction_hit_rate === null
      ? "Every forecast was the last price, so none named a direction."
      : `The direction was right ${levelWords(direction_hit_rate)} of the time.`;
  return (
    `${plural(origins, "forecast")} made of what was known at their day, ${plural(horizon_trading_days, "trading day")} ` +
    `ahead; the last ${scored} count. The ${levelWords(level)} interval held the price ${levelWords(coverage)} of the ` +
    `time. ${direction}`
  );
}

/** 19730300 as "19,730,300". */
export function countFigures(count) {
  return grouped(String(count));
}

/** A change in percent, such as "+1.2 %". */
export function percentWords(percent) {
  return `${signed(percent, (size) => grouped(size.toFixed(1)))}${NO_BREAK}%`;
}

/** The stages in their order, with what each means to a person. */
const STAGES = {
  sending: () => "Sending the question…",
  accepted: () => "Accepted, waiting for its turn…",
  ingesting: (ticker) => `Getting and checking the prices of ${ticker}…`,
  forecasting: () => "Fitting the model and drawing the chart…",
};

/** A stage in words. */
export function stageWords(stage, ticker) {
  return (STAGES[stage] ?? (() => "Working…"))(ticker);
}

/** How many stages lie behind, for the progress bar: 0 for "sending", 3 for "forecasting". */
export function stageNumber(stage) {
  return Math.max(0, Object.keys(STAGES).indexOf(stage));
}

const TROUBLES = { unreachable: "The server cannot be reached", rate_limited: "Too many questions in a short time" };

/** What the page says while it tries again by itself. */
export function troubleWords({ code, retryInMs }) {
  const what = TROUBLES[code] ?? "The service is busy";
  return `${what}; trying again in ${Math.ceil(retryInMs / 1000)}${NO_BREAK}s…`;
}

/** What is wrong with a ticker before it is sent, or "". The grammar is the server's. */
export function tickerProblem(text) {
  return text.trim() ? "" : "Enter a ticker, such as AAPL.";
}

/** What is wrong with a number of days before it is sent, or "". */
export function daysProblem(days, { min, max }) {
  return Number.isInteger(days) && days >= min && days <= max ? "" : `Enter a whole number of days from ${min} to ${max}.`;
}

const AGAIN = "Try again in a moment.";
/** Each code: which field it belongs to, its headline, whether the server's detail adds to it, and what to do next. */
const FAILURES = {
  invalid_ticker: { field: "ticker", title: "", detail: true, next: "" },
  unknown_ticker: {
    field: "ticker",
    title: "",
    detail: true,
    next: "Check its spelling, or choose from the suggestions. The built-in sample knows AAPL, FB, GOOG, IBM and MSFT only.",
  },
  invalid_days: { field: "days", title: "", detail: true, next: "" },
  invalid_request: { title: "The question was not understood.", detail: true, next: "Reload the page and ask again." },
  too_little_data: {
    title: "There is too little to forecast from.",
    detail: true,
    next: "Try another ticker, or this one when it has been traded for longer.",
  },
  provider_unavailable: { title: "No prices could be had.", detail: true, next: AGAIN },
  busy: { title: "The service is busy.", next: AGAIN },
  rate_limited: { title: "Those were too many questions in a short time.", next: AGAIN },
  deadline_exceeded: { title: "The forecast was not ready in time.", next: AGAIN },
  forecast_failed: {
    title: "The forecast failed.",
    detail: true,
    next: "Try again; if it fails again, try another number of days.",
  },
  worker_crashed: { title: "The forecast was started several times and lost each time.", next: AGAIN },
  cancelled: { title: "The forecast was cancelled.", next: "Ask again if you still want it." },
  request_conflict: { title: "The question clashed with another.", next: "Try again: it will get a new number." },
  not_found: { title: "The server lost track of this forecast.", next: "Try again." },
  unreachable: {
    title: "The server cannot be reached.",
    next: "Check that you are online and that Stockcast is running, then try again.",
  },
  bad_answer: { title: "The server gave an answer that this page does not understand.", next: AGAIN },
};
const UNKNOWN_FAILURE = { title: "Something went wrong.", detail: true, next: AGAIN };

/**
 * A failure in words.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 * @returns {{field: "ticker"|"days"|null, title: string, text: string}} `field` is where it belongs
 */
export function failureWords({ code, detail, retryAfterS }) {
  const { field = null, title, detail: detailAdds = false, next } = FAILURES[code] ?? UNKNOWN_FAILURE;
  const explained = detailAdds && detail && detail !== title ? detail : "";
  const text = [explained, retryAfterS && next === AGAIN ? retryWords(retryAfterS) : next].filter(Boolean).join(" ");
  return { field, title, text };
}

function retryWords(seconds) {
  const wait = seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute");
  return `Try again in ${wait}.`;
}

function plural(count, noun) {
  return `${grouped(String(count))}${NO_BREAK}${noun}${count === 1 ? "" : "s"}`;
}

function signed(number, figures) {
  return `${number < 0 ? "−" : "+"}${figures(Math.abs(number))}`;
}

/** Commas from five digits on: "4321.00", but "12,345.00". */
function grouped(figures) {
  const [whole, fraction] = figures.split(".");
  const parts = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}
