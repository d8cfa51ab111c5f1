/** The dialog for a stock of a list: its days, its price of interest and its note. */

import { daysProblem } from "../text/failures.js";
import { currencyName } from "../text/formats.js";
import { readPrice } from "../text/typed_price.js";
import { byId, showFieldProblem } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";

const DAYS = { min: 1, max: 10_000 };

/** @import { WatchedQuestion } from "../api/watchlists.js" */

export class StockForm {
  #days = byId("stock-days", HTMLInputElement);
  #price = byId("stock-price", HTMLInputElement);
  #note = byId("stock-note", HTMLTextAreaElement);
  #dialog;
  #save;
  /** @type {WatchedStock|null} */
  #stock = null;

  /** @param {(ticker: string, question: WatchedQuestion) => Promise<string>} save returns the problem, or "" */
  constructor(save) {
    this.#save = save;
    this.#dialog = new FormDialog("stock-dialog", () => this.#submit());
  }

  /**
   * Open the dialog with what the list has.
   *
   * @param {WatchedStock} stock
   * @param {() => void} onClose
   */
  open(stock, onClose) {
    const { ticker, days, chance_above: price, note, latest } = stock;
    this.#stock = stock;
    byId("stock-title").textContent = `${ticker} in this list`;
    this.#days.value = String(days);
    this.#price.value = price === null ? "" : String(price);
    this.#note.value = note;
    const unit = latest ? ` In ${currencyName(latest.currency)}.` : "";
    byId("stock-price-hint").textContent = `The list shows the chance of ending above it.${unit} May be empty.`;
    for (const field of [this.#days, this.#price]) showFieldProblem(field, "");
    this.#dialog.open(onClose);
  }

  async #submit() {
    if (!this.#stock) return "";
    const { ticker, level, model } = this.#stock;
    const days = this.#days.valueAsNumber;
    const { price, problem } = this.#readPrice();
    const [wrongDays, wrongPrice] = [daysProblem(days, DAYS), problem];
    showFieldProblem(this.#days, wrongDays);
    showFieldProblem(this.#price, wrongPrice);
    if (wrongDays || wrongPrice) return "Correct what is marked above.";
    return this.#save(ticker, { days, level, model, note: this.#note.value.trim(), chance_above: price });
  }

  #readPrice() {
    const text = this.#price.value.trim();
    return text ? readPrice(text, this.#stock?.latest?.currency ?? "") : { price: null, problem: "" };
  }
}
