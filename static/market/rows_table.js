/** The table of the board's rows; on a narrow screen, each row is a card. */

import { element } from "../widgets/elements.js";

/** @import { Column } from "./columns.js" */
/** @import { Selection } from "./query.js" */

export class RowsTable {
  #container;
  #onSort;
  /** @type {Column[]} */
  #columns = [];
  /** @type {HTMLTableSectionElement|null} */
  #body = null;

  /**
   * @param {HTMLElement} container
   * @param {(column: Column) => void} onSort
   */
  constructor(container, onSort) {
    this.#container = container;
    this.#onSort = onSort;
  }

  /**
   * Draw the rows in place of those before. A head that had the focus has it again.
   *
   * @param {Column[]} columns
   * @param {MarketRow[]} rows
   * @param {Pick<Selection, "sort"|"isDescending">} order
   */
  draw(columns, rows, order) {
    const focused = [...this.#container.querySelectorAll("th button")].findIndex((each) => each === document.activeElement);
    this.#columns = columns;
    const made = element("table", "");
    // A row that is laid out as a card would no longer be one for screen readers.
    made.setAttribute("role", "table");
    made.append(element("caption", "Stocks of the board", "visually-hidden"));
    const head = withRole(made.createTHead(), "rowgroup");
    withRole(head.insertRow(), "row").append(...columns.map((column) => this.#head(column, order)));
    this.#body = withRole(made.createTBody(), "rowgroup");
    this.append(rows);
    this.#container.replaceChildren(made);
    const heads = this.#container.querySelectorAll("th button");
    if (focused >= 0) /** @type {HTMLElement|undefined} */ (heads[focused])?.focus();
  }

  /**
   * Draw further rows below, and return them.
   *
   * @param {MarketRow[]} rows
   */
  append(rows) {
    const made = rows.map((row) => this.#row(row));
    this.#body?.append(...made);
    return made;
  }

  /**
   * @param {Column} column
   * @param {Pick<Selection, "sort"|"isDescending">} order
   */
  #head(column, { sort, isDescending }) {
    const made = withRole(element("th", "", column.isDescending ? "" : "text"), "columnheader");
    made.scope = "col";
    const sorter = element("button", column.head, "sorter");
    sorter.type = "button";
    sorter.addEventListener("click", () => this.#onSort(column));
    if (column.sort === sort) made.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    made.append(sorter);
    return made;
  }

  /** @param {MarketRow} row */
  #row(row) {
    const made = withRole(element("tr", ""), "row");
    const [first, ...others] = this.#columns;
    const name = withRole(element("th", ""), "rowheader");
    name.scope = "row";
    if (first) name.append(...first.cells(row));
    made.append(name, ...(row.code ? [failure(row, others.length)] : others.map((column) => cell(column, row))));
    return made;
  }
}

/**
 * Make the cell of a stock that has no forecast.
 *
 * @param {MarketRow} row
 * @param {number} columns
 */
function failure({ detail, code }, columns) {
  const made = withRole(element("td", `No forecast: ${detail || code}`, "failed"), "cell");
  made.colSpan = columns;
  return made;
}

/**
 * @param {Column} column
 * @param {MarketRow} row
 */
function cell({ head, isDescending, cells }, row) {
  const content = cells(row).filter((each) => (typeof each === "string" ? each : each.textContent));
  const filled = isDescending ? "" : "text";
  const made = withRole(element("td", "", content.length ? filled : "empty"), "cell");
  made.dataset.label = head;
  const value = element("span", "", "value");
  value.append(...content.flatMap((each, at) => (at ? [" ", each] : [each])));
  made.append(value);
  return made;
}

/**
 * @template {HTMLElement} T
 * @param {T} made
 * @param {string} role
 */
function withRole(made, role) {
  made.setAttribute("role", role);
  return made;
}
