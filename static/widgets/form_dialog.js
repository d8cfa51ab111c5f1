/** A dialog with a form, which stays open until its work has succeeded. */

import { byId, element } from "./elements.js";

export class FormDialog {
  #dialog;
  #problem = element("p", "", "field-error");
  #onClose = () => {};

  /**
   * @param {string} id of the dialog, which contains a form with a submit button and a button of the class `closer`
   * @param {() => Promise<string>} onSubmit does the work and returns the problem, or "" when the dialog can close
   */
  constructor(id, onSubmit) {
    this.#dialog = byId(id, HTMLDialogElement);
    this.#problem.setAttribute("role", "alert");
    const form = this.#dialog.querySelector("form");
    form?.querySelector(".buttons")?.before(this.#problem);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(onSubmit);
    });
    this.#dialog.querySelector(".closer")?.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#onClose());
  }

  /**
   * Open the dialog.
   *
   * @param {() => void} onClose called when it has closed, to give the focus to a control that may have been drawn anew
   */
  open(onClose) {
    this.#problem.textContent = "";
    this.#onClose = onClose;
    this.#dialog.showModal();
  }

  /** @param {() => Promise<string>} work */
  async #submit(work) {
    this.#problem.textContent = "";
    const problem = await work();
    this.#problem.textContent = problem;
    if (!problem) this.#dialog.close();
  }
}
