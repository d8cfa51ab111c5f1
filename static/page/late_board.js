/** Loads the market's board after the first paint, and folds it below an answer. */

import { ApiError } from "../api/exchange.js";
import { byId } from "../widgets/elements.js";
import { ScriptError, loadProblem, loadScript } from "../widgets/late_script.js";
import { fetchMarkup, loadStyles } from "./late_panel.js";

/** @import { Board, WatchedList } from "../market/board.js" */

/** What is below waits so long for the board, so that the board does not move it. */
const LONGEST_WAIT_MS = 3000;

export class LateBoard {
  #section = byId("market");
  #watchlists;
  /** @type {Board|null} */
  #board = null;
  #isBeside = false;

  /** @param {WatchedList} watchlists */
  constructor(watchlists) {
    this.#watchlists = watchlists;
  }

  /** @param {boolean} isBeside whether there is an answer, or one is on its way */
  setBeside(isBeside) {
    this.#isBeside = isBeside;
    this.#board?.setBeside(isBeside);
  }

  /** Load the board. Return when it is shown, or when what is below can no longer wait for it. */
  async load() {
    const tooLate = new Promise((resolve) => {
      setTimeout(resolve, LONGEST_WAIT_MS);
    });
    try {
      await Promise.race([painted().then(() => this.#load()), tooLate]);
    } finally {
      this.#section.dataset.settled = "";
    }
  }

  async #load() {
    try {
      const markup = await fetchMarkup("static/market/panel.html");
      const script = loadScript(() => import("../market/board.js"));
      const [{ Board: Made }] = await Promise.all([script, loadStyles("static/styles/market.css")]);
      this.#section.replaceChildren(...markup);
      this.#board = new Made(this.#watchlists);
      this.#board.setBeside(this.#isBeside);
      await this.#board.load();
    } catch (error) {
      if (![ApiError, ScriptError, TypeError].some((kind) => error instanceof kind)) throw error;
      const what = "The board of the market could not be loaded.";
      this.#section.replaceChildren(...loadProblem(error, what, () => this.#load()));
    }
    this.#section.hidden = false;
  }
}

/** @returns {Promise<void>} which ends after the next frame */
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
