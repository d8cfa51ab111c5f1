/** Up to four tickers in one chart, indexed to 100 on their first common day. */

import { clear, draw, linesFigure } from "./chart.js";
import { element, table } from "./elements.js";
import { anyPrices } from "./store.js";
import { dateWords, percentWords, priceFigures } from "./words.js";

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
    if (this.#lines) draw(byId("compare-chart"), linesFigure(this.#lines, "index"));
  }

  /** Forget what was compared. */
  clear() {
    this.#ticker = "";
    this.#asked += 1;
    this.#lines = null;
    clear(byId("compare-chart"));
    byId("compare-table").replaceChildren();
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
    byId("compare-table").replaceChildren(element("p", "Getting the prices…"));
    const found = await Promise.all([this.#ticker, ...wanted].map((ticker) => anyPrices(ticker)));
    if (asked !== this.#asked) return;
    byId("compare-table").replaceChildren();
    const missing = [this.#ticker, ...wanted].filter((_, at) => !found[at]?.prices?.length);
    if (missing.length) return showProblem(`No prices were found for ${missing.join(", ")}. Check the spelling.`);
    showProblem("");
    this.#show(indexed(found));
  }

  async #show(lines) {
    this.#lines = lines;
    if (!lines) return showProblem("These stocks have no days in common.");
    const rows = lines.map(({ name, dates, values, close, currency }) => [
      name,
      dateWords(dates[0]),
      dateWords(dates.at(-1)),
      `${priceFigures(close)} ${currency}`,
      priceFigures(values.at(-1)),
      percentWords(values.at(-1) - 100),
    ]);
    const heads = ["Ticker", "From", "To", "Last close", "Index", "Change"];
    byId("compare-table").replaceChildren(table("Indexed to 100 on the first common day", heads, rows));
    const place = byId("compare-chart");
    place.setAttribute("role", "img");
    place.setAttribute(
      "aria-label",
      `${lines.map(({ name }) => name).join(", ")} indexed to 100; the table below has the figures.`,
    );
    await draw(place, linesFigure(lines, "index"));
  }
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
