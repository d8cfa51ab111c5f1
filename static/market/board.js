/** The board of the market: what stands out, the sectors and the table of all stocks. It follows the newest board. */

import { ApiError } from "../api/exchange.js";
import { readMarket, readMovers } from "../api/market.js";
import { button, byId, element } from "../widgets/elements.js";
import { AllStocks } from "./all_stocks.js";
import { legendItems, sectorTiles } from "./heat_map.js";
import { recall, remember } from "./memory.js";
import { MOST, overviewBlocks } from "./overview.js";
import { shownHorizon } from "./rows.js";
import { introduction, missingBoard, tableTitle, title } from "./words.js";

/** @import { Context } from "./parts.js" */

const MOST_WATCHED = 12;

/** @typedef {{tickers: string[], onChange: (listener: () => void) => void}} WatchedList */

export class Board {
  #watchlists;
  #all = new AllStocks();
  #fold = byId("market-fold", HTMLDetailsElement);
  #table = byId("market-all", HTMLDetailsElement);
  #isBeside = false;
  /** @type {MarketMovers|null} */
  #movers = null;
  #tag = "";
  /** @type {MarketRow[]} */
  #watched = [];
  /** The board and the list of the rows in `#watched`. */
  #watchedKey = "";
  #isTableDue = true;

  /** @param {WatchedList} watchlists */
  constructor(watchlists) {
    this.#watchlists = watchlists;
    this.#table.open = recall("table") === true;
    remembered(this.#fold, () => (this.#isBeside ? "beside" : "front"));
    remembered(this.#table, () => "table");
    this.#table.addEventListener("toggle", () => this.#drawTable());
    watchlists.onChange(() => this.#showWatched());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.load();
    });
  }

  /**
   * Fold the board below an answer, and unfold it where there is none, unless the visitor did otherwise before.
   *
   * @param {boolean} isBeside
   */
  setBeside(isBeside) {
    this.#isBeside = isBeside;
    this.#fold.open = recall(isBeside ? "beside" : "front") ?? !isBeside;
  }

  /** Read the board and show it, if it is not shown yet. */
  async load() {
    try {
      const { body, tag } = await readMovers(MOST, this.#tag);
      // Each process of the server looks for boards at its own times, so a later answer may have an older board.
      if (body && body.date >= (this.#movers?.date ?? "")) {
        this.#tag = tag;
        this.#take(body);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // A board that is shown stays: it is the newest that was read.
      if (!this.#movers) this.#showMissing(error);
    }
  }

  /** @param {MarketMovers} movers */
  #take(movers) {
    this.#movers = movers;
    this.#isTableDue = true;
    this.#draw();
    this.#drawTable();
    this.#showWatched();
  }

  /** @returns {Context} */
  get #context() {
    const { as_of = null, sources = [], horizons = [] } = this.#movers ?? {};
    const { tickers } = this.#watchlists;
    return { as_of, sources, horizon: shownHorizon(horizons), isWatched: (ticker) => tickers.includes(ticker) };
  }

  #draw() {
    const movers = this.#movers;
    if (!movers) return;
    const { sectors } = movers;
    byId("market-title").textContent = title(movers);
    byId("market-words").textContent = introduction(movers);
    byId("market-overview").replaceChildren(...overviewBlocks(movers, this.#watched, this.#context));
    byId("market-sectors").hidden = sectors.length === 0;
    byId("market-legend").replaceChildren(...legendItems());
    byId("market-tiles").replaceChildren(...sectorTiles(sectors, this.#context));
    byId("market-all-title").textContent = tableTitle(movers.total);
    byId("market-missing").hidden = true;
    this.#fold.hidden = false;
  }

  #drawTable() {
    if (!this.#movers || !this.#table.open || !this.#isTableDue) return;
    this.#isTableDue = false;
    const { sectors, calm, recorded } = this.#movers;
    // Where all prices are old, as those of the sample are, the lists have them.
    const hasFresh = calm.some(({ stale }) => !stale);
    this.#all.show(this.#context, sectors.map(({ sector }) => sector), recorded > 0, hasFresh);
  }

  /** Read the rows of the visitor's list, and show them first. A failure leaves them out. */
  async #showWatched() {
    if (!this.#movers) return;
    const tickers = this.#watchlists.tickers.slice(0, MOST_WATCHED);
    const key = `${this.#tag} ${tickers}`;
    if (key === this.#watchedKey) return;
    this.#watchedKey = key;
    const rows = tickers.length ? await watchedRows(tickers) : [];
    if (key !== this.#watchedKey) return;
    this.#watched = tickers.flatMap((ticker) => rows.filter((row) => row.ticker === ticker));
    this.#draw();
  }

  /** @param {ApiError} failure */
  #showMissing(failure) {
    const { words, isRetried } = missingBoard(failure);
    const retry = isRetried ? [button("Try again", () => this.load(), "plain")] : [];
    byId("market-missing").replaceChildren(element("p", words), ...retry);
    byId("market-missing").hidden = false;
    this.#fold.hidden = true;
  }
}

/**
 * Return the rows of some tickers; those that can be read.
 *
 * @param {string[]} tickers
 * @returns {Promise<MarketRow[]>}
 */
async function watchedRows(tickers) {
  const query = new URLSearchParams({ tickers: tickers.join(","), limit: String(tickers.length) });
  return readMarket(query).then(
    ({ rows }) => rows,
    () => [],
  );
}

/**
 * Remember whether a fold is open when the visitor presses it.
 *
 * @param {HTMLDetailsElement} fold
 * @param {() => string} name
 */
function remembered(fold, name) {
  fold.querySelector("summary")?.addEventListener("click", () => remember(name(), !fold.open));
}
