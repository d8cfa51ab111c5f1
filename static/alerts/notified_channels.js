/** The dialog that chooses the channels of an alert. It is made when it is first opened. */

import { button, byId, element } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";
import { chosenChannels, showChannelBoxes } from "./channel_boxes.js";

const ID = "notified-dialog";

/** @typedef {(id: string, channels: string[]) => Promise<string>} Save changes an alert, and returns the problem or "" */

export class NotifiedChannels {
  #sentence = element("p", "");
  #boxes = element("div", "");
  #alertId = "";
  #dialog;

  /** @param {Save} save */
  constructor(save) {
    document.body.append(this.#build());
    this.#dialog = new FormDialog(ID, () => save(this.#alertId, chosenChannels(this.#boxes)));
  }

  /**
   * @param {AlertDetail} alert
   * @param {Channel[]} channels
   * @param {() => void} onClose
   */
  open({ id, sentence, channels: chosen }, channels, onClose) {
    this.#alertId = id;
    this.#sentence.textContent = channels.length ? sentence : "There is no channel yet. Make one first.";
    showChannelBoxes(this.#boxes, channels, (each) => chosen.includes(each));
    this.#dialog.open(onClose);
  }

  #build() {
    const [dialog, form, title, buttons] = [
      element("dialog", "", "card"),
      element("form", "", "stacked"),
      element("h2", "Notify"),
      element("div", "", "buttons"),
    ];
    const save = element("button", "Save");
    save.type = "submit";
    buttons.append(save, button("Cancel", () => byId(ID, HTMLDialogElement).close(), "plain"));
    title.id = "notified-title";
    form.append(title, this.#sentence, this.#boxes, buttons);
    form.method = "dialog";
    dialog.id = ID;
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(form);
    return dialog;
  }
}
