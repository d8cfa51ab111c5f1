/** The comparison's panel: up to four tickers in one chart, indexed to 100 on their first common day. */

import { dailyPricesOfAny } from "../api/prices.js";
import { linesFigure } from "../charts/figures.js";
import { clear, draw } from "../charts/plotly.js";
import { indexLines, monthEnds, parseTickers, valueOn } from "../charts/indexing.js";
import { formatChange, formatMoney, formatPrice, formatShortDate } from "../text/formats.js";
import { byId, element, showFieldProblem, table } from "../widgets/elements.js";

/** @import { IndexLine } from "../charts/indexing.js" */

const MOST_OTHERS = 3;

export class Comparison {
  #ticker = "";
  #field = byId("others", HTMLInputElement);
  /** Counts comparisons, so that a later one replaces one that waits for prices. */
  #count = 0;
  /** @type {IndexLine[]} */
  #lines = [];

  constructor() {
    byId("compare").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#compare();
    });
    this.#field.addEventListener("input", () => showFieldProblem(this.#field, ""));
  }

  /**
   * Set the ticker to compare with, and redraw an earlier comparison in the colours of now.
   *
   * @param {{result: Pick<FinishedForecast, "ticker">}} shown
   */
  show({ result }) {
    this.#ticker = result.ticker;
    if (this.#lines.length) this.#draw();
  }

  /** Remove the comparison. */
  clear() {
    this.#ticker = "";
    this.#count += 1;
    this.#lines = [];
    clear(byId("compare-chart"));
    byId("compare-table").replaceChildren();
    byId("compare-months").hidden = true;
    showFieldProblem(this.#field, "");
  }

  async #compare() {
    const others = parseTickers(this.#field.value).filter((ticker) => ticker !== this.#ticker);
    if (others.length === 0 || others.length > MOST_OTHERS) {
      this.#showProblem("Enter one to three other tickers, such as MSFT, IBM.");
      return;
    }
    this.#count += 1;
    const count = this.#count;
    byId("compare-months").hidden = true;
    byId("compare-table").replaceChildren(element("p", "Getting the prices…"));
    const tickers = [this.#ticker, ...others];
    const all = await Promise.all(tickers.map(dailyPricesOfAny));
    if (count !== this.#count) return;
    byId("compare-table").replaceChildren();
    const found = all.flatMap((stored) => (stored?.prices.length ? [stored] : []));
    if (found.length === tickers.length) this.#show(indexLines(found));
    else this.#showMissing(tickers.filter((ticker) => !found.some((stored) => stored.ticker === ticker)));
  }

  /** @param {string[]} tickers */
  #showMissing(tickers) {
    this.#showProblem(`No prices were found for ${tickers.join(", ")}. Check the spelling.`);
  }

  /** @param {string} text */
  #showProblem(text) {
    showFieldProblem(this.#field, text);
    this.#field.focus();
  }

  /** @param {IndexLine[]} lines */
  #show(lines) {
    this.#lines = lines;
    byId("compare-months").hidden = lines.length === 0;
    if (lines.length === 0) {
      this.#showProblem("These stocks have no days in common. Choose other tickers.");
      return;
    }
    showFieldProblem(this.#field, "");
    byId("compare-table").replaceChildren(summaryTable(lines));
    byId("months-table").replaceChildren(monthsTable(lines));
    this.#draw();
  }

  #draw() {
    const names = this.#lines.map(({ name }) => name).join(", ");
    const description = `${names}, indexed to 100. The tables below have the figures.`;
    draw(byId("compare-chart"), description, linesFigure(this.#lines, "index"));
  }
}

/** @param {IndexLine[]} lines */
function summaryTable(lines) {
  const heads = ["Ticker", "Change", "Index", "Last close", "From", "To"];
  const rows = lines.map(({ name, dates, values, lastClose, currency }) => [
    name,
    formatChange((values.at(-1) ?? 100) - 100),
    formatPrice(values.at(-1) ?? 100),
    formatMoney(lastClose, currency),
    formatShortDate(dates[0] ?? ""),
    formatShortDate(dates.at(-1) ?? ""),
  ]);
  return table("Indexed to 100 on the first common day", heads, rows);
}

/** @param {IndexLine[]} lines */
function monthsTable(lines) {
  const rows = monthEnds(lines[0]?.dates ?? [])
    .map((day) => [formatShortDate(day), ...lines.map((line) => formatPrice(valueOn(line, day)))])
    .reverse();
  return table("Index at the end of each month", ["Date", ...lines.map(({ name }) => name)], rows);
}
