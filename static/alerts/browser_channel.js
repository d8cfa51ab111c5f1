/** The switch that has alerts notify this browser. It is loaded when the channels are opened. */

import { call, sending } from "../api/exchange.js";
import { browserChannel, rememberBrowserChannel } from "../page/browser_storage.js";
import { browserName } from "../text/browsers.js";
import { button } from "../widgets/elements.js";

const NOT_ALLOWED = "This browser does not allow notifications of this page. Allow them in its settings, then try again.";
const ON = "This browser is a channel now. Choose it in your alerts.";
const OFF = "This browser gets no more notifications.";
/** The browser has a subscription for another key of the server. */
const OTHER_KEY = "InvalidStateError";

/** @typedef {(work: () => Promise<string>) => Promise<void>} Attempt does the work, and shows its news or its problem */

/**
 * Show the switch, if the browser and the server can send notifications.
 *
 * @param {HTMLElement} place
 * @param {Channel[]} channels of the account
 * @param {Attempt} attempt
 */
export async function showBrowserSwitch(place, channels, attempt) {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis)) return;
  const { public_key: key } = await call("web-push-key").catch(() => ({ public_key: null }));
  if (!key) return;
  const id = browserChannel();
  const isOn = channels.some((channel) => channel.id === id && channel.enabled);
  const work = isOn && id ? () => turnOff(id) : () => turnOn(key);
  const hadFocus = place.contains(document.activeElement);
  const made = button("Notify me in this browser", () => attempt(work), "chip");
  made.setAttribute("aria-pressed", String(isOn));
  place.replaceChildren(made);
  if (hadFocus) made.focus();
}

/**
 * @param {string} key
 * @returns {Promise<string>} the news
 */
async function turnOn(key) {
  await navigator.serviceWorker.register("service-worker.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription;
  try {
    subscription = await subscribe(pushManager, key);
  } catch (error) {
    if (error instanceof DOMException) return NOT_ALLOWED;
    throw error;
  }
  const name = browserName(navigator.userAgent);
  const { id } = await call("channels", sending("POST", { kind: "web_push", name, subscription }));
  rememberBrowserChannel(id);
  return ON;
}

/**
 * @param {PushManager} manager
 * @param {string} key
 */
async function subscribe(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === OTHER_KEY)) throw error;
    await (await manager.getSubscription())?.unsubscribe();
    return manager.subscribe(options);
  }
}

/**
 * @param {string} id of the channel
 * @returns {Promise<string>} the news
 */
async function turnOff(id) {
  await call(`channels/${id}`, { method: "DELETE" });
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  return OFF;
}
