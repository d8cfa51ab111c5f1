/** The dialog that makes a channel: a webhook, a mail address or a service of Apprise. */

import { byId } from "../widgets/elements.js";
import { FormDialog } from "../widgets/form_dialog.js";

/** @import { NewChannelBody } from "../api/alerts.js" */

/** The field of each kind's address, its label and its hint. */
const ADDRESSES = {
  webhook: ["url", "Address of the webhook", "For example https://example.com/hook. Each notification is a signed POST."],
  mail: ["to", "Mail address", "For example me@example.com"],
  apprise: ["url", "Address of the service", "In the form of Apprise, for example ntfy://my-topic or tgram://token/chat. See appriseit.com."],
};

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

  get #chosen() {
    const kind = /** @type {keyof typeof ADDRESSES} */ (this.#kind.value);
    const [field = "", label = "", hint = ""] = ADDRESSES[kind];
    return { kind, field, label, hint };
  }

  #describe() {
    const { label, hint } = this.#chosen;
    byId("channel-target-label").textContent = label;
    byId("channel-target-hint").textContent = hint;
  }

  async #submit() {
    const [name, target] = [this.#name.value.trim(), this.#target.value.trim()];
    if (!name || !target) return "Enter a name and an address.";
    const { kind, field } = this.#chosen;
    return this.#save({ kind, name, [field]: target });
  }
}
