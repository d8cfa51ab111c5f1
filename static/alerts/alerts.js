/** The section of the alerts: what they watch, what they fired, and the channels by which they notify. */

import {
  changeAlert,
  createAlert,
  createChannel,
  deleteAlert,
  deleteChannel,
  listAlerts,
  listChannels,
  listEvents,
  testChannel,
} from "../api/alerts.js";
import { ApiError } from "../api/exchange.js";
import { alertProblem, describeState, describeTest } from "../text/alerts.js";
import { formatShortDate } from "../text/formats.js";
import { button, byId, element } from "../widgets/elements.js";
import { ScriptError, expectServer, loadScript, reloadOffer } from "../widgets/late_script.js";
import { entry } from "./entries.js";

/** @import { AlertForm, Draft } from "./alert_form.js" */
/** @import { ChannelForm } from "./channel_form.js" */
/** @import { NotifiedChannels } from "./notified_channels.js" */
/** @import { Control } from "./entries.js" */

/** @type {Record<string, string|undefined>} */
const KINDS = { mail: "Mail", webhook: "Webhook", web_push: "Browser" };
const EMPTY_DRAFT = { ticker: "", kind: "above", price: null, currency: "" };

export class Alerts {
  /** @type {AlertDetail[]} */
  #alerts = [];
  /** @type {Channel[]} */
  #channels = [];
  /** @type {AlertEvent[]} */
  #events = [];
  /** The dialogs, each loaded when it is first opened. */
  /** @type {AlertForm|undefined} */
  #alertForm;
  /** @type {ChannelForm|undefined} */
  #channelForm;
  /** @type {NotifiedChannels|undefined} */
  #notified;

  constructor() {
    byId("new-alert").addEventListener("click", () => this.openForm(EMPTY_DRAFT, byId("new-alert")));
    byId("new-channel").addEventListener("click", () => this.#openChannelForm());
    for (const id of ["channels", "deliveries"]) byId(id).addEventListener("toggle", () => this.#showLateParts());
  }

  /** Show the alerts, or why they cannot be shown. */
  async load() {
    const problem = await this.#change(async () => {});
    byId("alerts").hidden = false;
    byId("alerts-content").hidden = Boolean(problem);
    const words = element("p", `Your alerts cannot be shown now. ${problem}`);
    const again = button("Try again", () => this.load(), "plain");
    byId("alerts-missing").replaceChildren(...(problem ? [words, again] : []));
  }

  /**
   * Open the form of a new alert.
   *
   * @param {Draft} draft
   * @param {HTMLElement} opener gets the focus afterwards
   */
  openForm(draft, opener) {
    return this.#load(async () => {
      const { AlertForm: Form } = await loadScript(() => import("./alert_form.js"));
      this.#alertForm ??= new Form((alert) => this.#change(() => createAlert(alert)));
      this.#alertForm.open(draft, this.#usable, () => opener.focus());
    });
  }

  #openChannelForm() {
    return this.#load(async () => {
      const { ChannelForm: Form } = await loadScript(() => import("./channel_form.js"));
      this.#channelForm ??= new Form((channel) => this.#createChannel(channel));
      this.#channelForm.open(() => byId("new-channel").focus());
    });
  }

  /**
   * @param {AlertDetail} alert
   * @param {string} label of the button that gets the focus afterwards
   */
  #openNotified(alert, label) {
    return this.#load(async () => {
      const { NotifiedChannels: Dialog } = await loadScript(() => import("./notified_channels.js"));
      this.#notified ??= new Dialog((id, channels) => this.#change(() => changeAlert(id, { channels })));
      this.#notified.open(alert, this.#usable, () => this.#focus(label));
    });
  }

  /** The channels that take notifications. */
  get #usable() {
    return this.#channels.filter(({ enabled }) => enabled);
  }

  /**
   * Load a part and use it. A part that cannot be loaded is explained above the alerts.
   *
   * @param {() => Promise<void>} work
   * @param {boolean} [isLoading] whether the work loads a script
   */
  async #load(work, isLoading = true) {
    const problem = byId("alerts-problem");
    try {
      if (isLoading) await expectServer();
      await work();
      problem.textContent = "";
    } catch (error) {
      if (error instanceof ScriptError) problem.replaceChildren(...reloadOffer("This part of the page could not be loaded."));
      else if (error instanceof ApiError) problem.textContent = alertProblem(error);
      else throw error;
      // The button that opens the form of an alert may be in the answer.
      problem.scrollIntoView({ block: "nearest" });
    }
  }

  /**
   * Make a change, then read and draw what the server has.
   *
   * @param {() => Promise<unknown>} work
   * @returns {Promise<string>} the problem, or ""
   */
  async #change(work) {
    try {
      await work();
      [this.#alerts, this.#channels, this.#events] = await Promise.all([listAlerts(), listChannels(), listEvents()]);
      this.#draw();
      return "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return alertProblem(error);
    }
  }

  /**
   * Make a change whose problem or news is shown above the alerts.
   *
   * @param {() => Promise<unknown>} work that returns the news, if any
   */
  async #attempt(work) {
    let news;
    const problem = await this.#change(async () => {
      news = await work();
    });
    byId("alerts-problem").textContent = problem;
    byId("alerts-news").textContent = typeof news === "string" ? news : "";
  }

  /** @param {import("../api/alerts.js").NewChannelBody} channel */
  #createChannel(channel) {
    return this.#change(async () => {
      const { name, signing_secret: secret } = await createChannel(channel);
      const words = secret ? `The key that signs what ${name} receives is shown only now: ${secret}` : "";
      byId("alerts-news").textContent = words;
    });
  }

  #draw() {
    const focused = document.activeElement?.getAttribute("aria-label");
    byId("alert-list").replaceChildren(...this.#alerts.map((alert) => this.#alertEntry(alert)));
    byId("channel-list").replaceChildren(...this.#channels.map((channel) => this.#channelEntry(channel)));
    const events = this.#events.map((event) => entry(event.sentence, formatShortDate(event.close_date), []));
    byId("alert-events").replaceChildren(...events);
    byId("alerts-empty").hidden = this.#alerts.length > 0;
    byId("events-empty").hidden = events.length > 0;
    byId("channels-empty").hidden = this.#channels.length > 0;
    if (focused && document.activeElement === document.body) this.#focus(focused);
    this.#showLateParts();
  }

  /** Show the parts that are loaded when they are opened: the switch of this browser and the log of notifications. */
  #showLateParts() {
    const isAnyOpen = ["channels", "deliveries"].some((id) => byId(id, HTMLDetailsElement).open);
    return this.#load(() => this.#showOpenParts(), isAnyOpen);
  }

  async #showOpenParts() {
    const channels = this.#channels;
    if (byId("channels", HTMLDetailsElement).open) {
      const { showBrowserSwitch } = await loadScript(() => import("./browser_channel.js"));
      await showBrowserSwitch(byId("browser-channel"), channels, (work) => this.#attempt(work));
    }
    if (byId("deliveries", HTMLDetailsElement).open) {
      const { showDeliveries } = await loadScript(() => import("./delivery_log.js"));
      await showDeliveries(byId("delivery-log"), { channels, events: this.#events });
    }
  }

  /** @param {AlertDetail} alert */
  #alertEntry(alert) {
    const { id, sentence, enabled, note } = alert;
    const [text, label] = enabled ? ["Pause", "Pause"] : ["Resume", "Resume"];
    const channels = `Channels: ${sentence}`;
    /** @type {Control[]} */
    const controls = [
      ["Channels", channels, () => this.#openNotified(alert, channels)],
      [text, `${label}: ${sentence}`, () => this.#attempt(() => changeAlert(id, { enabled: !enabled }))],
      ["Delete", `Delete: ${sentence}`, () => this.#attempt(() => deleteAlert(id))],
    ];
    return entry(sentence, [describeState(alert), note].filter(Boolean).join(" "), controls);
  }

  /** @param {Channel} channel */
  #channelEntry({ id, kind, name, target, enabled }) {
    /** @type {Control[]} */
    const controls = [
      ["Test", `Test ${name}`, () => this.#attempt(async () => describeTest(await testChannel(id), name))],
      ["Delete", `Delete ${name}`, () => this.#attempt(() => deleteChannel(id))],
    ];
    const end = enabled ? "" : ". It takes no more notifications.";
    return entry(name, `${KINDS[kind] ?? "Service"}, ${target}${end}`, enabled ? controls : controls.slice(1));
  }

  /**
   * Focus the control of this name, or the button of a new alert if it is gone.
   *
   * @param {string} label
   */
  #focus(label) {
    const buttons = [...byId("alerts-content").querySelectorAll("button")];
    const opposite = label.startsWith("Pause") ? label.replace("Pause", "Resume") : label.replace("Resume", "Pause");
    const found = buttons.find((each) => [label, opposite].includes(each.getAttribute("aria-label") ?? ""));
    (found ?? byId("new-alert")).focus();
  }
}
