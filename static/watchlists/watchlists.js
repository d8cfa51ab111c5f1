/** The section of the watchlists: the chosen list with its stocks and forecasts, and the changes of both. */

import { ApiError } from "../api/exchange.js";
import { exportUrl } from "../api/watchlists.js";
import { deletionQuestion, listProblem } from "../text/watchlists.js";
import { formatQuantity } from "../text/formats.js";
import { questionOf } from "../text/questions.js";
import { button, byId, element } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";
import { ScriptError, expectServer, loadScript, reloadOffer } from "../widgets/late_script.js";
import { ListForecasts } from "./forecasts.js";
import { FIRST_LIST, ListStore } from "./list_store.js";
import { StockForm } from "./stock_form.js";
import { StockTable } from "./stock_table.js";
import { takeOverStoredStocks } from "./takeover.js";

/** @import { Action } from "./stock_table.js" */

export class Watchlists {
  #store = new ListStore();
  #forecasts = new ListForecasts();
  #table = new StockTable(byId("watchlist-table"), (action, stock) => this.#act(action, stock));
  #choice = byId("list-choice", HTMLSelectElement);
  #name = byId("list-name", HTMLInputElement);
  #file = byId("import-file", HTMLInputElement);
  /** @type {(name: string) => Promise<void>} */
  #saveName = async () => {};
  #isLoaded = false;
  #nameDialog = new FormDialog("name-dialog", () => this.#change(() => this.#saveName(this.#name.value)));
  #deleteDialog = new FormDialog("delete-dialog", () => this.#change(() => this.#store.delete()));
  #stockForm = new StockForm((ticker, question) => this.#change(() => this.#store.edit(ticker, question)));
  /** @type {(() => void)[]} */
  #listeners = [];

  constructor() {
    this.#choice.addEventListener("change", () => {
      byId("list-report").hidden = true;
      this.#attempt(() => this.#store.choose(this.#choice.value));
    });
    byId("new-list").addEventListener("click", () => this.#openCreation());
    byId("rename-list").addEventListener("click", () => this.#openRenaming());
    byId("delete-list").addEventListener("click", () => this.#openDeletion());
    byId("report-list").addEventListener("click", () => this.#report());
    byId("import-list").addEventListener("click", () => this.#file.click());
    this.#file.addEventListener("change", () => this.#import());
  }

  /**
   * Call `listener` when the list that is shown has changed.
   *
   * @param {() => void} listener
   */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** @param {string} ticker */
  has(ticker) {
    return this.#store.has(ticker);
  }

  /** Return the tickers of the list that is shown, in its order. */
  get tickers() {
    return this.#store.shown?.stocks.map(({ ticker }) => ticker) ?? [];
  }

  /** Return the name of the list that is shown, or of the one that the first watched stock makes. */
  get name() {
    return this.#store.shown?.name ?? FIRST_LIST;
  }

  /** Show the lists, after taking over the stocks that an earlier page kept in this browser. */
  async load() {
    const problem = await this.#change(() => this.#store.load());
    if (problem) {
      this.#showMissing(problem);
      return;
    }
    const refusal = await this.#change(async () => {
      const id = await takeOverStoredStocks();
      if (id) await this.#store.load(id);
    });
    if (refusal) this.#showProblem(`The stocks that this browser has kept are not in your lists yet. ${refusal}`);
  }

  /**
   * Add the question of a result to the list that is shown, or remove its stock.
   *
   * @param {FinishedForecast} result
   * @returns {Promise<string>} the problem, or ""
   */
  toggle(result) {
    const { ticker } = result;
    return this.#change(() => (this.has(ticker) ? this.#store.remove(ticker) : this.#store.add(questionOf(result))));
  }

  /**
   * Make a change, and draw what the server has then.
   *
   * @param {() => Promise<unknown>} work
   * @returns {Promise<string>} the problem, or ""
   */
  async #change(work) {
    this.#showProblem("");
    try {
      await work();
      this.#isLoaded = true;
      this.#show();
      return "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "not_found") await this.#store.load().catch(() => null);
      this.#show();
      return listProblem(error);
    }
  }

  /**
   * Make a change whose problem is shown above the list.
   *
   * @param {() => Promise<string|unknown>} work that returns the news to announce, if any
   */
  async #attempt(work) {
    let news;
    const problem = await this.#change(async () => {
      news = await work();
    });
    this.#showProblem(problem);
    byId("watchlist-news").textContent = typeof news === "string" ? news : "";
  }

  /** Draw the list, then load its forecasts. */
  async #show() {
    const { shown } = this.#store;
    if (!this.#isLoaded) return;
    this.#draw();
    for (const listener of this.#listeners) listener();
    if (!shown) return;
    const isNewer = await this.#forecasts.load(shown.stocks, () => this.#draw());
    if (!isNewer) return;
    await this.#store.load().catch(() => null);
    this.#draw();
  }

  #draw() {
    const { lists, shown } = this.#store;
    const stocks = shown?.stocks ?? [];
    byId("watchlist").hidden = false;
    byId("watchlist-content").hidden = false;
    byId("watchlist-missing").replaceChildren();
    this.#choice.replaceChildren(...lists.map(({ id, name }) => new Option(name, id, false, id === shown?.id)));
    for (const id of ["list-choice", "rename-list", "delete-list", "export-list"]) byId(id).hidden = !shown;
    byId("report-list").hidden = stocks.length === 0;
    if (shown) byId("export-list", HTMLAnchorElement).href = exportUrl(shown.id);
    byId("watchlist-empty").hidden = stocks.length > 0;
    this.#table.draw(stocks, (stock) => this.#forecasts.of(stock));
  }

  /**
   * Say why there are no lists, in their place.
   *
   * @param {string} problem
   */
  #showMissing(problem) {
    byId("watchlist").hidden = false;
    byId("watchlist-content").hidden = true;
    const words = element("p", `Your watchlists cannot be shown now. ${problem}`);
    byId("watchlist-missing").replaceChildren(words, button("Try again", () => this.load(), "plain"));
  }

  /** @param {string} problem */
  #showProblem(problem) {
    byId("watchlist-problem").textContent = problem;
    byId("watchlist-news").textContent = "";
  }

  /**
   * @param {Action} action
   * @param {WatchedStock} stock
   */
  #act(action, stock) {
    const { ticker } = stock;
    if (action === "edit") this.#stockForm.open(stock, () => this.#table.focus(ticker, "edit"));
    else if (action === "remove") this.#remove(ticker);
    else this.#move(ticker, action === "up" ? -1 : 1);
  }

  /** @param {string} ticker */
  async #remove(ticker) {
    await this.#attempt(() => this.#store.remove(ticker).then(() => `${ticker} was removed.`));
    if (!this.#store.shown?.stocks.length) byId("ticker").focus();
  }

  /**
   * @param {string} ticker
   * @param {-1|1} step
   */
  #move(ticker, step) {
    this.#attempt(async () => {
      const place = await this.#store.move(ticker, step);
      return `${ticker} is now at place ${place} of ${this.#store.shown?.stocks.length}.`;
    });
  }

  #openCreation() {
    byId("name-title").textContent = "New list";
    this.#name.value = "";
    this.#saveName = (name) => this.#store.create(name);
    this.#nameDialog.open(() => byId("new-list").focus());
  }

  #openRenaming() {
    byId("name-title").textContent = "Rename the list";
    this.#name.value = this.name;
    this.#saveName = (name) => this.#store.rename(name);
    this.#nameDialog.open(() => byId("rename-list").focus());
  }

  #openDeletion() {
    const { shown } = this.#store;
    if (!shown) return;
    byId("delete-question").textContent = deletionQuestion(shown);
    this.#deleteDialog.open(() => byId("new-list").focus());
  }

  /** Make one document of the list's forecasts, and link to it. */
  async #report() {
    const { shown } = this.#store;
    const press = byId("report-list", HTMLButtonElement);
    if (!shown || press.disabled) return;
    press.disabled = true;
    byId("list-report").hidden = true;
    const onProgress = (/** @type {string} */ words) => {
      byId("watchlist-news").textContent = words;
    };
    try {
      await this.#attempt(async () => {
        await expectServer();
        const { makeReport } = await loadScript(() => import("./list_report.js"));
        const { pdf, html } = await makeReport(shown, new AbortController().signal, onProgress);
        byId("list-report-pdf", HTMLAnchorElement).href = pdf;
        byId("list-report-html", HTMLAnchorElement).href = html;
        byId("list-report").hidden = false;
        return `The report of ${shown.name} is ready.`;
      });
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      byId("watchlist-problem").replaceChildren(...reloadOffer("The report could not be made."));
    } finally {
      press.disabled = false;
    }
  }

  async #import() {
    const [file] = this.#file.files ?? [];
    if (!file) return;
    await this.#attempt(async () => {
      await this.#store.importCsv(await file.text());
      return `The list now has ${formatQuantity(this.#store.shown?.stocks.length ?? 0, "stock")}.`;
    });
    // So that the same file can be chosen again.
    this.#file.value = "";
  }
}
