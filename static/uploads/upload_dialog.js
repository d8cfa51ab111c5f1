/** The dialog that uploads prices, and its report. */

import { ApiError } from "../api/exchange.js";
import { explainFailure } from "../text/failures.js";
import { byId, element, questionLink, showFieldProblem, table } from "../widgets/elements.js";
import { uploadPrices } from "./client.js";
import { takeSamePathAgain } from "./file_picker.js";
import { UploadFields } from "./upload_fields.js";
import { UNREADABLE_FILE, fileProblem, rowsCaption, uploadProblem, uploadWords } from "./words.js";

/** The fields that answer a question of the server. */
const ANSWERS = { ambiguous_dates: "upload-date-order", ambiguous_numbers: "upload-decimal" };
const DAYS = 30;

/** @import { UploadProblem } from "./client.js" */

export class UploadDialog {
  #dialog = byId("upload-dialog", HTMLDialogElement);
  #file = byId("upload-file", HTMLInputElement);
  #ticker = byId("upload-ticker", HTMLInputElement);
  #button = byId("upload-send", HTMLButtonElement);
  #report = byId("upload-report");
  #fields = new UploadFields();
  #isSending = false;

  constructor() {
    this.#dialog.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#dialog.querySelector(".closer")?.addEventListener("click", () => this.#dialog.close());
    // The event comes late: a file may have been dropped after the dialog closed.
    this.#dialog.addEventListener("close", () => this.#dialog.open || this.#startOver());
    takeSamePathAgain(this.#file);
    this.#file.addEventListener("change", () => this.#takeFile());
    this.#ticker.addEventListener("input", () => showFieldProblem(this.#ticker, ""));
  }

  /**
   * Open the dialog.
   *
   * @param {FileList|null} files the dropped files, of which there must be only one
   */
  open(files) {
    if (files && !this.#dialog.open) this.#startOver();
    if (!this.#dialog.open) this.#dialog.showModal();
    if (!files?.length) return;
    if (this.#isSending) {
      showFieldProblem(this.#file, "The dropped file was not taken, because an upload was under way. Drop it again.");
      return;
    }
    this.#file.files = files;
    this.#takeFile();
    (fileProblem(files) ? this.#file : this.#ticker).focus();
  }

  /** Remove the report on an earlier file, and what was chosen for it. */
  #takeFile() {
    this.#report.replaceChildren();
    const files = this.#file.files;
    showFieldProblem(this.#file, files?.length ? fileProblem(files) : "");
    if (files?.length === 1 && files[0]) this.#fields.takeFile(files[0].name);
  }

  /** Remove everything of the last upload, unless it is under way: its report is shown when the dialog is opened again. */
  #startOver() {
    if (this.#isSending) return;
    this.#dialog.querySelector("form")?.reset();
    this.#fields.end();
    this.#report.replaceChildren();
    for (const field of [this.#file, this.#ticker]) showFieldProblem(field, "");
    byId("upload-reading", HTMLDetailsElement).open = false;
  }

  async #submit() {
    const [unsendable, file] = [fileProblem(this.#file.files), this.#file.files?.[0]];
    const ticker = this.#ticker.value.trim().toUpperCase();
    showFieldProblem(this.#file, unsendable);
    showFieldProblem(this.#ticker, ticker ? "" : "Enter a ticker, such as MY-FUND.");
    if (this.#isSending || !file || unsendable || !ticker) return;
    this.#report.replaceChildren(element("p", "Uploading…"));
    try {
      const { stored, problem } = await this.#send(ticker, file);
      if (stored) this.#showStored(stored);
      else this.#showRefused(problem);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#showProblem(explainFailure({ code: error.code, detail: error.detail, retryAfterS: null }));
    }
    this.#report.scrollIntoView({ block: "nearest" });
  }

  /**
   * Upload a file. The fields are enabled again before its report, which may focus one of them.
   *
   * @param {string} ticker
   * @param {File} file
   */
  async #send(ticker, file) {
    const focused = document.activeElement;
    this.#setSending(true);
    // A disabled field cannot keep the focus.
    if (focused?.matches(":disabled")) this.#button.focus();
    try {
      return await uploadPrices(ticker, file, this.#fields.choices());
    } finally {
      this.#setSending(false);
      // The visitor may have moved the focus meanwhile.
      if (focused instanceof HTMLElement && document.activeElement === this.#button) focused.focus();
    }
  }

  /** @param {boolean} isSending */
  #setSending(isSending) {
    this.#isSending = isSending;
    // The report must not stand beside another file. Values that were entered meanwhile would be forgotten after it.
    this.#file.disabled = isSending;
    this.#fields.setDisabled(isSending);
  }

  /** @param {StoredUpload} stored */
  #showStored(stored) {
    this.#fields.end();
    const words = element("p", uploadWords(stored).join(" "));
    const link = questionLink({ ticker: stored.ticker, days: DAYS }, `Forecast ${stored.ticker}`);
    const { rows = [], faulty = 0 } = stored.upload;
    this.#report.replaceChildren(words, ...faultyRows(rows, faulty), link);
  }

  /** @param {UploadProblem} problem */
  #showRefused(problem) {
    if (problem.code === "invalid_ticker") this.#refuse(this.#ticker, problem.detail);
    else if (problem.code === "unreadable_file") this.#refuse(this.#file, UNREADABLE_FILE);
    else {
      this.#showProblem(uploadProblem(problem), problem.rows, problem.faulty);
      this.#ask(problem.code);
    }
  }

  /**
   * @param {string} text
   * @param {ReportedRow[]} rows
   * @param {number} faulty
   */
  #showProblem(text, rows = [], faulty = 0) {
    this.#report.replaceChildren(element("p", text, "field-error"), ...faultyRows(rows, faulty));
  }

  /**
   * @param {HTMLInputElement} field
   * @param {string} text
   */
  #refuse(field, text) {
    this.#report.replaceChildren();
    showFieldProblem(field, text);
    field.focus();
  }

  /** @param {string} code of the problem, which may be a question */
  #ask(code) {
    const field = code === "ambiguous_dates" || code === "ambiguous_numbers" ? ANSWERS[code] : null;
    if (!field) return;
    byId("upload-reading", HTMLDetailsElement).open = true;
    byId(field).focus();
  }
}

/**
 * Return the table of the faulty rows, if there are any.
 *
 * @param {ReportedRow[]} rows
 * @param {number} faulty
 */
function faultyRows(rows, faulty) {
  if (!rows.length) return [];
  const scroller = element("div", "", "scroller");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", "Faulty rows");
  const cells = rows.map(({ line, detail }) => [String(line), detail]);
  scroller.append(table(rowsCaption(faulty, rows.length), ["Line", "Reason"], cells));
  return [scroller];
}
