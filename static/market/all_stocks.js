/** All stocks of the board: the filters, the order, and the table that grows by pages. */

import { ApiError } from "../api/exchange.js";
import { marketCsvUrl, readMarket } from "../api/market.js";
import { explainFailure } from "../text/failures.js";
import { button, byId, element } from "../widgets/elements.js";
import { columnsOf } from "./columns.js";
import { recall, remember } from "./memory.js";
import { PRESETS, pressColumn, pressPreset, queryOf, readSelection } from "./query.js";
import { RowsTable } from "./rows_table.js";
import { countWords } from "./words.js";

/** @import { Column } from "./columns.js" */
/** @import { Context } from "./parts.js" */

const PAGE_ROWS = 25;
const TYPING_PAUSE_MS = 300;

export class AllStocks {
  #table = new RowsTable(byId("market-table"), (column) => this.#sortBy(column));
  #text = byId("market-text", HTMLInputElement);
  #sector = byId("market-sector", HTMLSelectElement);
  #order = byId("market-order", HTMLSelectElement);
  #more = byId("market-more", HTMLButtonElement);
  /** @type {Context|null} */
  #context = null;
  /** @type {Column[]} */
  #columns = [];
  #selection = readSelection(recall("selection"), []);
  /** @type {string|null} */
  #cursor = null;
  #shown = 0;
  /** Counts the tables that were asked for, so that a later one replaces one that waits. */
  #count = 0;
  /** @type {number|undefined} */
  #timer;

  constructor() {
    byId("market-filters").addEventListener("submit", (event) => event.preventDefault());
    this.#text.addEventListener("input", () => this.#onTyping());
    this.#sector.addEventListener("change", () => this.#select({ sector: this.#sector.value }));
    this.#order.addEventListener("change", () => this.#onOrder());
    this.#more.addEventListener("click", () => this.#loadMore());
    const presets = PRESETS.map(({ id, label }) => this.#presetButton(id, label));
    byId("market-presets").replaceChildren(...presets);
  }

  /**
   * Show the first rows of a board.
   *
   * @param {Context} context
   * @param {string[]} sectors
   * @param {boolean} hasRecords whether any stock has a track record
   * @param {boolean} hasFresh whether any prices are fresh
   */
  show(context, sectors, hasRecords, hasFresh) {
    this.#context = context;
    this.#columns = columnsOf(context, { hasSectors: sectors.length > 0, hasRecords });
    // The last move of a stock that is no longer traded is often the largest.
    const first = hasFresh ? { presets: ["fresh"] } : {};
    this.#selection = readSelection(recall("selection") ?? first, this.#columns.map(({ sort }) => sort));
    if (!sectors.includes(this.#selection.sector)) this.#selection.sector = "";
    byId("market-sector-field").hidden = sectors.length === 0;
    this.#sector.replaceChildren(new Option("All", ""), ...sectors.map((name) => new Option(name, name)));
    this.#order.replaceChildren(...this.#columns.flatMap(orderOptions));
    return this.#load();
  }

  /**
   * @param {string} id
   * @param {string} label
   */
  #presetButton(id, label) {
    const made = button(label, () => this.#select({ presets: pressPreset(this.#selection.presets, id) }), "chip");
    made.value = id;
    return made;
  }

  #onTyping() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#select({ text: this.#text.value }), TYPING_PAUSE_MS);
  }

  #onOrder() {
    const [direction = "", sort = ""] = this.#order.value.split(" ");
    this.#select({ sort, isDescending: direction === "down" });
  }

  /** @param {Column} column */
  #sortBy(column) {
    this.#select(pressColumn(this.#selection, column));
  }

  /** @param {Partial<import("./query.js").Selection>} change */
  #select(change) {
    this.#selection = { ...this.#selection, ...change };
    remember("selection", this.#selection);
    this.#load();
  }

  /** Read the first rows of the selection, and draw them. */
  async #load() {
    const { text, sector, sort, isDescending, presets } = this.#selection;
    if (this.#text !== document.activeElement) this.#text.value = text;
    this.#sector.value = sector;
    this.#order.value = `${isDescending ? "down" : "up"} ${sort}`;
    for (const each of byId("market-presets").querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(presets.includes(each.value)));
    }
    byId("market-csv", HTMLAnchorElement).href = marketCsvUrl(queryOf(this.#selection));
    const page = await this.#read(null);
    if (!page || !this.#context) return;
    this.#table.draw(this.#columns, page.rows, this.#selection);
    this.#shown = 0;
    this.#take(page);
  }

  async #loadMore() {
    const page = await this.#read(this.#cursor);
    if (!page) return;
    const hadFocus = this.#more === document.activeElement;
    const [first] = this.#table.append(page.rows);
    this.#take(page);
    // The button goes with the last page.
    if (hadFocus && this.#more.hidden) first?.querySelector("a")?.focus();
  }

  /** @param {MarketPage} page */
  #take(page) {
    this.#cursor = page.next_cursor ?? null;
    this.#shown += page.rows.length;
    this.#more.hidden = !this.#cursor;
    byId("market-count").textContent = countWords(this.#shown, page);
  }

  /**
   * @param {string|null} cursor
   * @returns {Promise<MarketPage|null>} null if it failed, or a later selection replaces this one
   */
  async #read(cursor) {
    this.#count += 1;
    const count = this.#count;
    const problem = byId("market-problem");
    try {
      const page = await readMarket(queryOf(this.#selection, { limit: PAGE_ROWS, cursor }));
      if (count !== this.#count) return null;
      problem.replaceChildren();
      return page;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (count !== this.#count) return null;
      const words = element("span", `The stocks cannot be shown now. ${explainFailure(error)} `);
      problem.replaceChildren(words, button("Try again", () => this.#load(), "chip"));
      return null;
    }
  }
}

/** @param {Column} column */
function orderOptions({ head, sort, isDescending }) {
  // Texts are sorted from A first.
  const [up, down] = isDescending ? ["lowest first", "highest first"] : ["A to Z", "Z to A"];
  const options = [new Option(`${head}, ${up}`, `up ${sort}`), new Option(`${head}, ${down}`, `down ${sort}`)];
  return isDescending ? options.reverse() : options;
}
