/** The dialog that makes an alert, with its sentence. */

import { tickerProblem } from "../text/failures.js";
import { readCondition } from "../text/alerts.js";
import { byId } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";
import { chosenChannels, showChannelBoxes } from "./channel_boxes.js";

/** @import { NewAlert } from "../api/alerts.js" */
/** @typedef {{ticker: string, kind: string, price: number|null, currency: string}} Draft */

export class AlertForm {
  #ticker = byId("alert-ticker", HTMLInputElement);
  #kind = byId("alert-kind", HTMLSelectElement);
  #price = byId("alert-price", HTMLInputElement);
  #moves = byId("alert-moves", HTMLInputElement);
  #days = byId("alert-days", HTMLInputElement);
  #percent = byId("alert-percent", HTMLInputElement);
  #tradingDays = byId("alert-trading-days", HTMLInputElement);
  #note = byId("alert-note", HTMLTextAreaElement);
  #save;
  #dialog = new FormDialog("alert-dialog", () => this.#submit());
  /** The stock whose currency is known, and that currency. */
  #known = { ticker: "", currency: "" };

  /** @param {(alert: NewAlert) => Promise<string>} save returns the problem, or "" */
  constructor(save) {
    this.#save = save;
    byId("alert-dialog").addEventListener("input", () => this.#describe());
  }

  /**
   * Open the dialog with a first draft.
   *
   * @param {Draft} draft
   * @param {Channel[]} channels of which all are chosen
   * @param {() => void} onClose
   */
  open({ ticker, kind, price, currency }, channels, onClose) {
    this.#known = { ticker, currency };
    this.#ticker.value = ticker;
    this.#kind.value = kind;
    this.#price.value = price === null ? "" : String(price);
    this.#note.value = "";
    showChannelBoxes(byId("alert-channels"), channels, () => true);
    byId("alert-no-channel").hidden = channels.length > 0;
    this.#describe();
    this.#dialog.open(onClose);
  }

  /** Show the fields of the chosen condition, and the sentence. */
  #describe() {
    for (const field of document.querySelectorAll("#alert-dialog [data-kinds]")) {
      if (field instanceof HTMLElement) field.hidden = !field.dataset.kinds?.split(" ").includes(this.#kind.value);
    }
    const read = this.#read();
    const ticker = this.#ticker.value.trim().toUpperCase() || "…";
    byId("alert-sentence").textContent = `Tell me when ${ticker} ${typeof read === "string" ? "…" : `${read.words}.`}`;
  }

  #read() {
    const { ticker, currency } = this.#known;
    const isKnown = this.#ticker.value.trim().toUpperCase() === ticker;
    return readCondition(this.#kind.value, {
      price: this.#price.value,
      moves: this.#moves.value,
      days: this.#days.value,
      percent: this.#percent.value,
      tradingDays: this.#tradingDays.value,
      currency: isKnown ? currency : "",
    });
  }

  async #submit() {
    const read = this.#read();
    const problem = tickerProblem(this.#ticker.value) || (typeof read === "string" ? read : "");
    if (problem || typeof read === "string") return problem;
    const channels = chosenChannels(byId("alert-channels"));
    const ticker = this.#ticker.value.trim();
    return this.#save({ ticker, condition: read.condition, channels, note: this.#note.value.trim() });
  }
}
