/**
 * What the page says: results, stages and failures as sentences. Pure: values in, strings out; no page, no clock of its
 * own. Figures look the same in every locale, as in "$424.12" and "Tue 2 Apr 2013".
 */

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
const NO_BREAK = "\u00a0";
const UNKNOWN_CURRENCY = "XXX";
const SIGNS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥" };

const SOURCES = {
  tiingo: "Tiingo",
  yahoo: "Yahoo Finance",
  nasdaq: "Nasdaq Data Link",
  alphavantage: "Alpha Vantage",
  twelvedata: "Twelve Data",
  finnhub: "Finnhub",
};

/** `2013-04-02` as "Tue 2 Apr 2013". Reckoned in UTC: no time zone of the reader's makes it another day. */
export function dateWords(isoDate) {
  return `${WEEKDAYS[new Date(`${isoDate}T00:00:00Z`).getUTCDay()]}${NO_BREAK}${shortDateWords(isoDate)}`;
}

/** `2013-04-02` as "2 Apr 2013", for tables. */
export function shortDateWords(isoDate) {
  const date = new Date(`${isoDate}T00:00:00Z`);
  return [date.getUTCDate(), MONTHS[date.getUTCMonth()], date.getUTCFullYear()].join(NO_BREAK);
}

/** `2013-04-02` as "2 Apr", for a day of any year. */
export function dayWords(isoDate) {
  return shortDateWords(isoDate).split(NO_BREAK).slice(0, 2).join(NO_BREAK);
}

/**
 * 424.1234 as "424.12"; below one unit of money with more digits, so that a penny stock's range is not "0.00"; from a
 * million millions on as "1.23e+12", which still fits its place.
 */
export function priceFigures(price) {
  const size = Math.abs(price);
  if (size >= 1e12) return price.toExponential(2);
  if (size >= 1 || size === 0) return grouped((price || 0).toFixed(2));
  return size >= 0.01 ? price.toFixed(4) : price.toPrecision(3);
}

/** 424.1234 as "$424.12", or as "424.12 CHF" where the currency has no sign of its own that everybody reads alike. */
export function moneyWords(price, currency) {
  const sign = SIGNS[currency];
  if (sign) return `${sign}${priceFigures(price)}`;
  const unit = currency === UNKNOWN_CURRENCY ? "(unknown currency)" : currency;
  return `${priceFigures(price)}${NO_BREAK}${unit}`;
}

/** A currency's code as a chart's unit. */
export function unitWords(currency) {
  return currency === UNKNOWN_CURRENCY ? "unknown currency" : currency;
}

/** A currency's code as it stands behind "in"; "XXX" is the API's code for a currency that no source names. */
export function currencyWords(currency) {
  return currency === UNKNOWN_CURRENCY ? "an unknown currency" : currency;
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
    price: moneyWords(predicted_price, currency),
    range: `, ${levelWords(level)} between ${moneyWords(lower, currency)} and ${moneyWords(upper, currency)}.`,
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
  return [...notices, ...(data.flags ?? [])];
}

/** What a reader compares first, as triples of a term, its figures and what they stand on. */
export function keyFigures(result) {
  const { last_close, as_of, predicted_price, currency, interval, backtest } = result;
  const against = (price) => percentWords((price / last_close - 1) * 100);
  const figures = [
    ["Last close", moneyWords(last_close, currency), dateWords(as_of)],
    ["Forecast against it", against(predicted_price), changeWords(result)],
    [`${levelWords(interval.level)} interval`, `${against(interval.lower)} to ${against(interval.upper)}`, "of the last close"],
  ];
  if (backtest) figures.push(["Off by, on average", shareWords(backtest.mae_pct), `the last price: ${shareWords(backtest.naive_mae_pct)}`]);
  return figures;
}

/** The facts behind the answer, as pairs of a term and its words. */
export function factWords(result) {
  return [
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
    `${dateWords(result.target_date)}, ${moneyWords(result.predicted_price, result.currency)}, with its ` +
    `${levelWords(level)} interval from ${moneyWords(lower, result.currency)} to ${moneyWords(upper, result.currency)}.`
  );
}

function changeWords({ predicted_price, last_close, currency }) {
  const change = predicted_price - last_close;
  return change === 0 ? "no change" : `${signed(change, (size) => moneyWords(size, currency))} by the target date`;
}

/** 5.08 as "5.1 %". */
function shareWords(percent) {
  return `${grouped(percent.toFixed(1))}${NO_BREAK}%`;
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

const JUDGEMENTS = {
  too_narrow: ": it was too narrow, and may be too narrow now",
  too_wide: ": it was too wide, and may be too wide now",
};

/** A backtest in words, or why there is none, for the head of its table. */
export function backtestWords(backtest, level) {
  if (!backtest) return "The history is too short to test forecasts this far ahead.";
  const { scored, origins, horizon_trading_days, coverage, calibration, direction_hit_rate } = backtest;
  const direction =
    direction_hit_rate === null
      ? "Every forecast was the last price, so none named a direction."
      : `The direction was right ${levelWords(direction_hit_rate)} of the time.`;
  return (
    `${plural(origins, "forecast")} made of what was known at their day, ${plural(horizon_trading_days, "trading day")} ` +
    `ahead; the last ${scored} count. The ${levelWords(level)} interval held the price ` +
    `${Math.round(coverage * scored)} times of ${scored}${JUDGEMENTS[calibration] ?? ""}. ${direction}`
  );
}

/**
 * What the components mean, as paragraphs. Where there are none, the only one says why.
 *
 * @returns {{intro: string, yearly: string, changepoints: string}}
 */
export function componentWords({ components, model, currency }) {
  if (!components) return { intro: missingComponents(model), yearly: "", changepoints: "" };
  const { yearly, changepoints } = components;
  return {
    intro:
      "Prophet takes the closes apart: a trend that bends at changepoints, and a season that comes back every year. " +
      `${shareOfForecast(model)} The trend is in ${currencyWords(currency)}, on a scale where steady growth is a straight line.`,
    yearly: yearly
      ? `By how many percent the time of the year moved the price off its trend: between ${seasonRange(yearly)}.`
      : "The history is too short for a yearly season: it takes two years to see one twice.",
    changepoints: changepoints.length
      ? `The trend bent ${plural(changepoints.length, "time")}, at the diamonds. ` +
        "Their table says by how many percentage points a year growth changed there."
      : "The trend never bent: it grew at one rate all the time.",
  };
}

function missingComponents({ name }) {
  return name === "last_price"
    ? "This model has no components: it takes the last price as it is, and fits nothing to the closes before."
    : "There are no components: the history is too short for Prophet to be fitted, so the forecast is the last price.";
}

function shareOfForecast({ name, prophet_weight: weight }) {
  if (name === "prophet") return "The forecast is these two, carried on to the target date.";
  if (weight === 0) return "They have earned no share in this forecast, which is the last price; they show what Prophet alone would go by.";
  return `Of the move that they foresee, ${levelWords(Math.max(weight, 0.001))} is in this forecast.`;
}

function seasonRange(yearly) {
  const effects = yearly.map(({ effect_pct }) => effect_pct);
  return `${percentWords(Math.min(...effects))} and ${percentWords(Math.max(...effects))}`;
}

/** 19730300 as "19,730,300". */
export function countFigures(count) {
  return grouped(String(count));
}

/** A difference of rates in percentage points, such as "+1.2". */
export function pointsWords(points) {
  return signed(points, (size) => grouped(size.toFixed(1)));
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

/** The sentence after a forecast was cancelled. */
export function cancelledWords({ ticker, days }) {
  return `The forecast of ${ticker.toUpperCase()} for ${plural(days, "day")} was cancelled.`;
}

/** The sentence with the time until the next try. */
export function waitWords(seconds) {
  return `Next try in ${seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute")}.`;
}

/** By how much a past forecast was off, in percent of the close on the day on which it was made. */
export function offWords({ price, actual, last_close }) {
  return percentWords(((price - actual) / last_close) * 100);
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
  invalid_ticker: { field: "ticker", title: "", detail: true, next: "Of a company, type the name and choose from the list." },
  unknown_ticker: {
    field: "ticker",
    title: "",
    detail: true,
    next: "Check its spelling, or choose from the suggestions.",
  },
  invalid_days: { field: "days", title: "", detail: true, next: "" },
  invalid_request: { title: "The question was not understood.", detail: true, next: "Reload the page and ask again." },
  too_little_data: {
    title: "There is too little to forecast from.",
    detail: true,
    next: "Try another ticker, or this one when it has been traded for longer.",
  },
  implausible_prices: {
    title: "These prices cannot be right.",
    detail: true,
    next: "No forecast is made from them. Try again after the next refresh.",
  },
  provider_unavailable: { title: "No prices could be fetched.", detail: true, next: AGAIN },
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
 * @param {{code: string, detail: string, retryAfterS: number|null, isRetried?: boolean}} failure `isRetried`: the page
 *   asks again by itself, and says when
 * @returns {{field: "ticker"|"days"|null, title: string, text: string}} `field` is where it belongs
 */
export function failureWords({ code, detail, retryAfterS, isRetried = false }) {
  const { field = null, title, detail: detailAdds = false, next } = FAILURES[code] ?? UNKNOWN_FAILURE;
  const explained = detailAdds && detail && detail !== title ? detail : "";
  const advice = retryAfterS && next === AGAIN ? retryWords(retryAfterS) : next;
  return { field, title, text: [explained, isRetried ? "" : advice].filter(Boolean).join(" ") };
}

function retryWords(seconds) {
  const wait = seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute");
  return `Try again in ${wait}.`;
}

function plural(count, noun) {
  return `${grouped(String(count))}${NO_BREAK}${noun}${count === 1 ? "" : "s"}`;
}

/** With its sign, unless its figures are all zeros: neither "+0.0" nor "−0.0" says anything. */
function signed(number, figures) {
  const size = figures(Math.abs(number));
  if (!/[1-9]/.test(size)) return size;
  return `${number < 0 ? "−" : "+"}${size}`;
}

/** Commas from five digits on: "4321.00", but "12,345.00". */
function grouped(figures) {
  const [whole, fraction] = figures.split(".");
  const parts = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}
