/** The table of a list's stocks; on a narrow screen, each row is a card. */

import { failureText } from "../text/failures.js";
import { NO_BREAK } from "../text/formats.js";
import { describeChance, describeClose, describeMove, describeRange } from "../text/watchlists.js";
import { button, element, questionLink } from "../widgets/elements.js";

const HEADS = ["Stock", "Latest close", "Change", "Forecast", "Chance", "Note", "Actions"];
const PENDING = { figure: "…", detail: "" };

/** @import { Figure } from "../text/watchlists.js" */
/** @import { Outcome } from "./forecasts.js" */
/** @typedef {"up"|"down"|"edit"|"remove"} Action */

export class StockTable {
  #container;
  #onAction;

  /**
   * @param {HTMLElement} container
   * @param {(action: Action, stock: WatchedStock) => void} onAction
   */
  constructor(container, onAction) {
    this.#container = container;
    this.#onAction = onAction;
  }

  /**
   * Draw the stocks. A control that had the focus has it again.
   *
   * @param {WatchedStock[]} stocks
   * @param {(stock: WatchedStock) => Outcome|null} outcomeOf
   */
  draw(stocks, outcomeOf) {
    const restore = this.#focusKeeper();
    const rows = stocks.map((stock, at) => this.#row(stock, outcomeOf(stock), { isFirst: at === 0, isLast: at === stocks.length - 1 }));
    this.#container.replaceChildren(...(rows.length ? [tableOf(rows)] : []));
    restore();
  }

  /**
   * Focus a control of a stock.
   *
   * @param {string} ticker
   * @param {Action} action
   */
  focus(ticker, action) {
    this.#buttons().find(({ dataset }) => dataset.ticker === ticker && dataset.action === action)?.focus();
  }

  /** Return a function that gives the focus back after a drawing: to the same control, or to its nearest neighbour. */
  #focusKeeper() {
    const before = this.#buttons();
    const focused = before.find((each) => each === document.activeElement);
    if (!focused) return () => {};
    const { ticker, action } = focused.dataset;
    const row = before.filter((each) => each.dataset.action === action).indexOf(focused);
    return () => {
      const after = this.#buttons();
      const same = after.filter((each) => each.dataset.ticker === ticker);
      const neighbours = after.filter((each) => each.dataset.action === action);
      const candidates = [same.find((each) => each.dataset.action === action), ...same, neighbours[row], neighbours.at(-1)];
      candidates.find((each) => each && !each.disabled)?.focus();
    };
  }

  #buttons() {
    return [...this.#container.querySelectorAll("button")];
  }

  /**
   * @param {WatchedStock} stock
   * @param {Outcome|null} outcome
   * @param {{isFirst: boolean, isLast: boolean}} place
   */
  #row(stock, outcome, { isFirst, isLast }) {
    const { latest, note, chance_above: price } = stock;
    const name = cell("th", "", questionLink(stock, stock.ticker), element("small", `${stock.days}${NO_BREAK}days`));
    name.scope = "row";
    name.setAttribute("role", "rowheader");
    const cells = [
      figureCell("Latest close", describeClose(latest)),
      figureCell("Change", describeMove(latest)),
      figureCell("Forecast", rangeOf(stock, outcome)),
      figureCell("Chance", describeChance(outcome?.forecast ?? null, price)),
      cell("td", "Note", element("span", note, "note-text")),
      cell("td", "", ...this.#controls(stock, isFirst, isLast)),
    ];
    const row = element("tr", "");
    row.setAttribute("role", "row");
    row.append(name, ...cells);
    return row;
  }

  /**
   * @param {WatchedStock} stock
   * @param {boolean} isFirst
   * @param {boolean} isLast
   */
  #controls(stock, isFirst, isLast) {
    const { ticker } = stock;
    /** @type {[Action, string, string, boolean][]} */
    const controls = [
      ["up", "↑", `Move ${ticker} up`, isFirst],
      ["down", "↓", `Move ${ticker} down`, isLast],
      ["edit", "✎", `Edit ${ticker}`, false],
      ["remove", "×", `Remove ${ticker}`, false],
    ];
    return controls.map(([action, sign, label, isDisabled]) => {
      const made = button(sign, () => this.#onAction(action, stock), "plain small");
      Object.assign(made.dataset, { ticker, action });
      made.title = label;
      made.setAttribute("aria-label", label);
      made.disabled = isDisabled;
      return made;
    });
  }
}

/**
 * @param {WatchedStock} stock
 * @param {Outcome|null} outcome
 * @returns {Figure}
 */
function rangeOf(stock, outcome) {
  if (!stock.latest) return { figure: "", detail: "open its forecast to fetch prices" };
  if (outcome?.forecast) return describeRange(outcome.forecast);
  if (!outcome?.problem) return PENDING;
  const { title, text } = failureText(outcome.problem);
  return { figure: "", detail: title || text };
}

/** @param {HTMLTableRowElement[]} rows */
function tableOf(rows) {
  const made = element("table", "");
  // A row that is laid out as a card would no longer be one for screen readers.
  made.setAttribute("role", "table");
  made.append(element("caption", "Watched stocks", "visually-hidden"));
  const head = made.createTHead();
  head.setAttribute("role", "rowgroup");
  const names = head.insertRow();
  names.setAttribute("role", "row");
  names.append(...HEADS.map(columnHead));
  const body = made.createTBody();
  body.setAttribute("role", "rowgroup");
  body.append(...rows);
  return made;
}

/** @param {string} text */
function columnHead(text) {
  const made = element("th", text);
  made.scope = "col";
  made.setAttribute("role", "columnheader");
  return made;
}

/**
 * @param {string} label shown in a card
 * @param {Figure} figure
 */
function figureCell(label, { figure, detail }) {
  return cell("td", label, element("span", figure), element("small", detail));
}

/**
 * @template {"td"|"th"} Name
 * @param {Name} name
 * @param {string} label
 * @param {...Node} content
 */
function cell(name, label, ...content) {
  const filled = content.filter((each) => each.textContent);
  const made = element(name, "", filled.length ? "" : "empty");
  made.setAttribute("role", "cell");
  made.dataset.label = label;
  const value = element("span", "", "value");
  value.append(...filled.flatMap((each) => [each, " "]));
  made.append(value);
  return made;
}
