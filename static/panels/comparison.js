/** The comparison's panel: up to four tickers in one chart, indexed to 100 on their first common day. */

import { dailyPricesOfAny } from "../api/prices.js";
import { linesFigure } from "../charts/figures.js";
import { clear, draw } from "../charts/plotly.js";
import { indexLines, monthEnds, parseTickers, valueOn } from "../charts/indexing.js";
import { FIELDS, fieldOf } from "../text/fields.js";
import { formatChange, formatMoney, formatPrice, formatShortDate } from "../text/formats.js";
import { byId, element, showFieldProblem, table } from "../widgets/elements.js";

/** @import { IndexLine, PriceField } from "../charts/indexing.js" */

const MOST_OTHERS = 3;

export class Comparison {
  #ticker = "";
  /** @type {PriceField} */
  #price = "close";
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
   * @param {{result: Pick<FinishedForecast, "ticker"|"field">}} shown
   */
  show({ result }) {
    this.#ticker = result.ticker;
    const field = fieldOf(result);
    // An index of volumes would depend on that of its first day.
    this.#price = field === "volume" ? "close" : field;
    byId("others-hint").textContent = `Up to three tickers, for example MSFT, IBM. Compares the ${this.#price} of each day.`;
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
    if (found.length === tickers.length) this.#show(indexLines(found, this.#price));
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
    byId("compare-table").replaceChildren(summaryTable(lines, this.#price));
    byId("months-table").replaceChildren(monthsTable(lines));
    this.#draw();
  }

  #draw() {
    const names = this.#lines.map(({ name }) => name).join(", ");
    const description = `${names}, indexed to 100. The tables below have the figures.`;
    draw(byId("compare-chart"), description, linesFigure(this.#lines, "index"));
  }
}

/**
 * @param {IndexLine[]} lines
 * @param {PriceField} price
 */
function summaryTable(lines, price) {
  const heads = ["Ticker", "Change", "Index", `Last ${price}`, "From", "To"];
  const rows = lines.map(({ name, dates, values, lastPrice, currency }) => [
    name,
    formatChange((values.at(-1) ?? 100) - 100),
    formatPrice(values.at(-1) ?? 100),
    formatMoney(lastPrice, currency),
    formatShortDate(dates[0] ?? ""),
    formatShortDate(dates.at(-1) ?? ""),
  ]);
  return table(`${FIELDS[price]}, indexed to 100 on the first common day`, heads, rows);
}

/** @param {IndexLine[]} lines */
function monthsTable(lines) {
  const rows = monthEnds(lines[0]?.dates ?? [])
    .map((day) => [formatShortDate(day), ...lines.map((line) => formatPrice(valueOn(line, day)))])
    .reverse();
  return table("Index at the end of each month", ["Date", ...lines.map(({ name }) => name)], rows);
}
