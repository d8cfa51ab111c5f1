/** The words of the facts about a company. Pure functions. */

import { ratioWords } from "./events.js";
import { NO_BREAK, formatAmount, formatDayOfYear, formatNamedPrice, formatPercent, formatQuantity, formatShortDate, formatDate } from "./formats.js";

/** @typedef {Company["revenue"]["years"][number]} Figure */

const SCALES = /** @type {[number, string][]} */ ([
  [1e12, "trillion"],
  [1e9, "billion"],
  [1e6, "million"],
]);
/** The significant digits of a large figure. */
const DIGITS = 4;
const MOST_ROWS = 8;
const PER_SHARE = "/shares";
const YEAR_MS = 365.25 * 86_400_000;
/** @type {Record<string, string|undefined>} */
const REPORTS = { results: "Announcement of results", quarterly_report: "Quarterly report", annual_report: "Annual report" };

/**
 * Return a figure with its unit, as "416.2 billion USD".
 *
 * @param {Pick<Figure, "value"|"unit">} figure
 */
export function formatFigure({ value, unit }) {
  if (unit.endsWith(PER_SHARE)) return formatNamed(value, unit.slice(0, -PER_SHARE.length));
  const [scale, word] = SCALES.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const number = word ? String(Number((value / scale).toPrecision(DIGITS))) : String(value);
  return [number, word, unit].filter(Boolean).join(NO_BREAK);
}

/**
 * @param {number} value
 * @param {string} currency
 */
function formatNamed(value, currency) {
  return `${value < 0 ? "−" : ""}${formatNamedPrice(Math.abs(value), currency)}`;
}

/**
 * Return what the company is: each a term and its words.
 *
 * @param {Company} company
 * @returns {[string, string][]}
 */
export function companyTerms({ name, sector, industry, sic, exchange, shares, fiscal_year_end: yearEnd, other_tickers: others }) {
  /** @type {[string, string|null|undefined][]} */
  const all = [
    ["Name", name],
    ["Sector", sector],
    ["Industry", industry && (sic ? `${industry} (SIC ${sic})` : industry)],
    ["Exchange", exchange],
    ["Shares", shares && `${formatFigure(shares)} on ${formatShortDate(shares.end)}, filed on ${formatShortDate(shares.filing.filed)}`],
    ["Fiscal year", yearEnd && `Ends around ${formatDayOfYear(`2000-${yearEnd}`)}`],
    ["Other tickers", others.join(", ")],
  ];
  return all.flatMap(([term, words]) => (words ? [/** @type {[string, string]} */ ([term, words])] : []));
}

/**
 * Return the rows of the table of figures: a period, its figures and the filing of the first of them.
 *
 * @param {Company} company
 * @param {"years"|"quarters"} length
 * @returns {string[][]}
 */
export function figureRows({ revenue, net_income: income, eps }, length) {
  const histories = [revenue, income, eps].map((history) => history?.[length] ?? []);
  const ends = [...new Set(histories.flat().map(({ end }) => end))].sort().reverse().slice(0, MOST_ROWS);
  return ends.map((end) => {
    const figures = histories.map((history) => history.find((figure) => figure.end === end));
    const first = figures.find((figure) => figure);
    const filing = first ? `${first.filing.form}, ${formatShortDate(first.filing.filed)}` : "";
    return [formatShortDate(end), ...figures.map(figureCell), filing];
  });
}

/** @param {Figure|undefined} figure */
function figureCell(figure) {
  if (!figure) return "–";
  const marks = [figure.restated ? "corrected later" : "", figure.computed ? "computed" : ""].filter(Boolean);
  return marks.length ? `${formatFigure(figure)} (${marks.join(", ")})` : formatFigure(figure);
}

/**
 * Return where the facts are from, and how old they are.
 *
 * @param {Company} company
 */
export function companySource({ source_name: source, fetched_at, age_days: age }) {
  const words = age === 0 ? "today" : `${formatQuantity(age, "day")} ago`;
  return `Source: ${source}, fetched ${words} (${formatDate(fetched_at.slice(0, 10))}).`;
}

/**
 * Return a sentence on the next report.
 *
 * @param {Company} company
 */
export function nextReportWords({ next_report: next }) {
  if (!next) return "When the next report comes is not known, and the filed reports allow no estimate.";
  return (
    `The next report may come between ${formatDate(next.first)} and ${formatDate(next.last)}. This is an estimate from ` +
    `the past ${next.years === 1 ? "year" : `${next.years} years`}, not an announced date.`
  );
}

/**
 * Return the rows of the table of reports.
 *
 * @param {Company} company
 * @returns {string[][]}
 */
export function reportRows({ reports }) {
  return reports.map(({ kind, form, filed, period_end: end }) => [
    formatShortDate(filed),
    REPORTS[kind] ?? kind,
    form,
    end ? formatShortDate(end) : "–",
  ]);
}

/**
 * Return a sentence on the dividends of the last year of the prices.
 *
 * @param {TickerFacts} facts
 */
export function dividendWords({ dividends, dividends_note: note, prices }) {
  if (!prices) return "No prices are stored, so no dividends and splits are known.";
  if (!dividends) return note ?? "";
  if (dividends.length === 0) return `The prices since ${formatDate(prices.first)} contain no dividend.`;
  const last = Date.parse(prices.last);
  const recent = dividends.filter(({ date }) => last - Date.parse(date) < YEAR_MS);
  const sum = Number(recent.reduce((total, { amount }) => total + amount, 0).toFixed(DIGITS));
  const share = recent.reduce((total, { share_pct: pct }) => total + pct, 0);
  const year = recent.length
    ? `${formatQuantity(recent.length, "dividend")} in the year up to ${formatDate(prices.last)}: about ${formatNamedPrice(sum, prices.currency)} for each share, ${formatPercent(share)} of the closes before them.`
    : `No dividend in the year up to ${formatDate(prices.last)}.`;
  return `${year} ${note ?? ""}`.trim();
}

/**
 * Return the rows of the table of dividends and splits, the latest first.
 *
 * @param {TickerFacts} facts
 * @returns {string[][]}
 */
export function payoutRows({ dividends, splits, prices }) {
  const rows = [
    ...(dividends ?? []).map(({ date, amount }) => [date, "Dividend", `about ${formatAmount(amount, prices?.currency ?? "XXX")}`]),
    ...(splits ?? []).map(({ date, ratio }) => [date, "Split", ratioWords(ratio)]),
  ];
  rows.sort(([one = ""], [other = ""]) => other.localeCompare(one));
  return rows.map(([date = "", ...cells]) => [formatShortDate(date), ...cells]);
}
