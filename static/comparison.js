/** Up to four tickers in one chart, indexed to 100 on their first common day. */

import { clear, draw } from "./chart.js";
import { element, table } from "./elements.js";
import { linesFigure } from "./figures.js";
import { anyPrices } from "./store.js";
import { moneyWords, percentWords, priceFigures, shortDateWords } from "./words.js";

const MOST_OTHERS = 3;
const YEARS = 2;
const byId = (id) => document.getElementById(id);

export class Comparison {
  #ticker = "";
  #asked = 0;
  #lines = null;

  constructor() {
    byId("compare").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#compare();
    });
    byId("others").addEventListener("input", () => showProblem(""));
  }

  /** Be ready to compare with `ticker`; what was compared already is drawn again, in the colours of now. */
  show(ticker) {
    this.#ticker = ticker;
    if (this.#lines) this.#draw();
  }

  /** Forget what was compared. */
  clear() {
    this.#ticker = "";
    this.#asked += 1;
    this.#lines = null;
    clear(byId("compare-chart"));
    byId("compare-table").replaceChildren();
    byId("compare-months").hidden = true;
    showProblem("");
  }

  async #compare() {
    const others = [
      ...new Set(
        byId("others")
          .value.toUpperCase()
          .split(/[\s,;]+/)
          .filter(Boolean),
      ),
    ];
    const wanted = others.filter((ticker) => ticker !== this.#ticker);
    if (wanted.length === 0 || wanted.length > MOST_OTHERS)
      return showProblem("Enter one to three other tickers, such as MSFT, IBM.");
    this.#asked += 1;
    const asked = this.#asked;
    byId("compare-months").hidden = true;
    byId("compare-table").replaceChildren(element("p", "Getting the prices…"));
    const found = await Promise.all([this.#ticker, ...wanted].map((ticker) => anyPrices(ticker)));
    if (asked !== this.#asked) return;
    byId("compare-table").replaceChildren();
    const missing = [this.#ticker, ...wanted].filter((_, at) => !found[at]?.prices?.length);
    if (missing.length) return showProblem(`No prices were found for ${missing.join(", ")}. Check the spelling.`);
    showProblem("");
    this.#show(indexed(found));
  }

  #show(lines) {
    this.#lines = lines;
    byId("compare-months").hidden = !lines;
    if (!lines) return showProblem("These stocks have no days in common.");
    byId("compare-table").replaceChildren(summary(lines));
    byId("months-table").replaceChildren(months(lines));
    this.#draw();
  }

  #draw() {
    const names = this.#lines.map(({ name }) => name).join(", ");
    const words = `${names} indexed to 100; the tables below have the figures.`;
    draw(byId("compare-chart"), words, linesFigure(this.#lines, "index"));
  }
}

function summary(lines) {
  const heads = ["Ticker", "Change", "Index", "Last close", "From", "To"];
  const rows = lines.map(({ name, dates, values, close, currency }) => [
    name,
    percentWords(values.at(-1) - 100),
    priceFigures(values.at(-1)),
    moneyWords(close, currency),
    shortDateWords(dates[0]),
    shortDateWords(dates.at(-1)),
  ]);
  return table("Indexed to 100 on the first common day", heads, rows);
}

/** The lines at the first line's last day of each month, newest first; a line that has no such day has its last before. */
function months(lines) {
  const days = lines[0].dates.filter((date, at, all) => date.slice(0, 7) !== all[at + 1]?.slice(0, 7));
  const rows = days
    .toReversed()
    .map((day) => [
      shortDateWords(day),
      ...lines.map(({ dates, values }) => priceFigures(values[dates.findLastIndex((date) => date <= day)] ?? 100)),
    ]);
  return table("Index at the end of each month", ["Date", ...lines.map(({ name }) => name)], rows);
}

/** Closes as lines that are 100 on the first day of two years which all of them have; null where there is none. */
function indexed(found) {
  const last = found.map(({ last: day }) => day).sort()[0];
  const bound = new Date(`${last}T00:00:00Z`);
  bound.setUTCFullYear(bound.getUTCFullYear() - YEARS);
  const start = [bound.toISOString().slice(0, 10), ...found.map(({ first }) => first)].sort().at(-1);
  const shares = found.map((stored) => stored.prices.filter(({ date }) => date >= start && date <= last));
  if (shares.some((rows) => rows.length === 0)) return null;
  return found.map(({ ticker, currency }, at) => {
    const rows = shares[at];
    return {
      name: ticker,
      currency,
      close: rows.at(-1).close,
      dates: rows.map(({ date }) => date),
      values: rows.map(({ close }) => (close / rows[0].close) * 100),
    };
  });
}

function showProblem(words) {
  const problem = byId("others-error");
  problem.textContent = words;
  problem.hidden = !words;
  byId("others-hint").hidden = Boolean(words);
  byId("others").setAttribute("aria-describedby", words ? "others-error" : "others-hint");
  if (words) byId("others").setAttribute("aria-invalid", "true");
  else byId("others").removeAttribute("aria-invalid");
  if (words) byId("others").focus();
}
