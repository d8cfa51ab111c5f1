/** Loads the market's board after the first paint, and folds it below an answer. */

import { ApiError } from "../api/exchange.js";
import { button, byId, element } from "../widgets/elements.js";
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
      const [{ Board: Made }] = await Promise.all([import("../market/board.js"), loadStyles("static/styles/market.css")]);
      this.#section.replaceChildren(...markup);
      this.#board = new Made(this.#watchlists);
      this.#board.setBeside(this.#isBeside);
      await this.#board.load();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
      const words = element("p", "The board of the market could not be loaded.");
      this.#section.replaceChildren(words, button("Try again", () => this.#load(), "plain"));
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
