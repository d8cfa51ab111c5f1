/** The lists as the server has them. Changes are sent one after the other, so that each builds on the one before. */

import {
  changeWatchlist,
  createWatchlist,
  deleteWatchlist,
  importStocks,
  listWatchlists,
  putStock,
  readWatchlist,
  removeStock,
} from "../api/watchlists.js";
import { chosenList, rememberList } from "../page/browser_storage.js";

/** The name of the list that the page makes for a person who has none. */
export const FIRST_LIST = "Watchlist";

/** @import { WatchedQuestion } from "../api/watchlists.js" */

export class ListStore {
  /** @type {WatchlistSummary[]} */
  #lists = [];
  /** @type {WatchlistDetail|null} */
  #shown = null;
  /** @type {Promise<unknown>} */
  #latest = Promise.resolve();

  /** Return all lists in order, without closes. */
  get lists() {
    return this.#lists;
  }

  /** Return the list that is shown, or null. */
  get shown() {
    return this.#shown;
  }

  /**
   * Return whether the list that is shown has a stock.
   *
   * @param {string} ticker
   */
  has(ticker) {
    return Boolean(this.#shown?.stocks.some((stock) => stock.ticker === ticker));
  }

  /**
   * Read the lists, and the closes of one of them: that with this id, or that chosen last in this browser, or the first.
   *
   * @param {string} [id]
   */
  load(id) {
    return this.#inTurn(() => this.#load(id));
  }

  /** @param {string} id */
  choose(id) {
    return this.#inTurn(async () => {
      this.#take(await readWatchlist(id));
      rememberList(id);
    });
  }

  /** @param {string} name */
  create(name) {
    return this.#inTurn(() => this.#create(name));
  }

  /** @param {string} name */
  rename(name) {
    return this.#inTurn(async () => this.#take(await changeWatchlist(this.#id, { name })));
  }

  /** Delete the list that is shown, and show another one. */
  delete() {
    return this.#inTurn(async () => {
      await deleteWatchlist(this.#id);
      await this.#load();
    });
  }

  /**
   * Add a stock to the list that is shown; without a list, make one.
   *
   * @param {Question} question
   */
  add({ ticker, ...question }) {
    return this.#inTurn(async () => {
      await this.#ensureList();
      this.#take(await putStock(this.#id, ticker, question));
    });
  }

  /**
   * Change the question or the note of a stock.
   *
   * @param {string} ticker
   * @param {WatchedQuestion} question
   */
  edit(ticker, question) {
    return this.#inTurn(async () => this.#take(await putStock(this.#id, ticker, question)));
  }

  /** @param {string} ticker */
  remove(ticker) {
    return this.#inTurn(async () => {
      await removeStock(this.#id, ticker);
      const { stocks, ...list } = this.#list;
      this.#take({ ...list, stocks: stocks.filter((stock) => stock.ticker !== ticker) });
    });
  }

  /**
   * Exchange a stock with its neighbour.
   *
   * @param {string} ticker
   * @param {-1|1} step
   * @returns {Promise<number>} its new place, from 1
   */
  move(ticker, step) {
    return this.#inTurn(async () => {
      const order = this.#list.stocks.map((stock) => stock.ticker);
      const from = order.indexOf(ticker);
      const to = Math.min(Math.max(from + step, 0), order.length - 1);
      order.splice(from, 1);
      order.splice(to, 0, ticker);
      this.#take(await changeWatchlist(this.#id, { order }));
      return to + 1;
    });
  }

  /**
   * Add the stocks of a CSV; without a list, make one.
   *
   * @param {string} csv
   */
  importCsv(csv) {
    return this.#inTurn(async () => {
      await this.#ensureList();
      this.#take(await importStocks(this.#id, csv));
    });
  }

  get #list() {
    if (!this.#shown) throw new TypeError("no list is shown");
    return this.#shown;
  }

  get #id() {
    return this.#list.id;
  }

  /** @param {string} [id] */
  async #load(id) {
    this.#lists = await listWatchlists();
    const wanted = id ?? this.#shown?.id ?? chosenList();
    const found = this.#lists.find((list) => list.id === wanted) ?? this.#lists[0];
    if (found) this.#take(await readWatchlist(found.id));
    else this.#shown = null;
  }

  /** @param {string} name */
  async #create(name) {
    const list = await createWatchlist(name);
    this.#take(list);
    rememberList(list.id);
  }

  async #ensureList() {
    // Another tab may have made the first one.
    if (!this.#shown) await this.#load();
    if (!this.#shown) await this.#create(FIRST_LIST);
  }

  /** @param {WatchlistDetail} list */
  #take(list) {
    const { id, name, url, stocks } = list;
    const summary = { id, name, url, tickers: stocks.map(({ ticker }) => ticker) };
    const at = this.#lists.findIndex((each) => each.id === id);
    this.#lists = at < 0 ? [...this.#lists, summary] : this.#lists.with(at, summary);
    this.#shown = list;
  }

  /**
   * Start a piece of work after those before it have ended.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const mine = this.#latest.then(work);
    this.#latest = mine.catch(() => null);
    return mine;
  }
}
