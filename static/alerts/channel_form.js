/** The dialog that makes a channel: a webhook or a mail address. */

import { byId } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";

/** @import { NewChannelBody } from "../api/alerts.js" */

export class ChannelForm {
  #kind = byId("channel-kind", HTMLSelectElement);
  #name = byId("channel-name", HTMLInputElement);
  #target = byId("channel-target", HTMLInputElement);
  #save;
  #dialog = new FormDialog("channel-dialog", () => this.#submit());

  /** @param {(channel: NewChannelBody) => Promise<string>} save returns the problem, or "" */
  constructor(save) {
    this.#save = save;
    this.#kind.addEventListener("change", () => this.#describe());
  }

  /** @param {() => void} onClose */
  open(onClose) {
    this.#name.value = "";
    this.#target.value = "";
    this.#describe();
    this.#dialog.open(onClose);
  }

  get #isMail() {
    return this.#kind.value === "mail";
  }

  #describe() {
    byId("channel-target-label").textContent = this.#isMail ? "Mail address" : "Address of the webhook";
    byId("channel-target-hint").textContent = this.#isMail
      ? "For example me@example.com"
      : "For example https://example.com/hook. Each notification is a signed POST.";
  }

  async #submit() {
    const [name, target] = [this.#name.value.trim(), this.#target.value.trim()];
    if (!name || !target) return "Enter a name and an address.";
    return this.#save(this.#isMail ? { kind: "mail", name, to: target } : { kind: "webhook", name, url: target });
  }
}
