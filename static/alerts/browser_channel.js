/** The button that has alerts notify this browser. It is loaded when the channels are opened. */

import { call, sending } from "../api/exchange.js";
import { button } from "../widgets/elements.js";

const UNTOLD = "This browser was not allowed to show notifications. Allow them in its settings, then try again.";

/**
 * Offer notifications in this browser, if it and the server can.
 *
 * @param {HTMLElement} place
 * @param {(work: () => Promise<string>) => Promise<void>} attempt does the work, and shows its news or its problem
 */
export async function offerBrowser(place, attempt) {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis)) return;
  const { public_key: key } = await call("web-push-key").catch(() => ({ public_key: null }));
  if (!key) return;
  place.replaceChildren(button("Notify me in this browser", () => attempt(() => subscribe(key)), "chip"));
}

/**
 * @param {string} key
 * @returns {Promise<string>} the news
 */
async function subscribe(key) {
  try {
    await navigator.serviceWorker.register("service-worker.js");
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await call("channels", sending("POST", { kind: "web_push", name: "This browser", subscription }));
    return "Alerts that name this browser's channel now notify it.";
  } catch (error) {
    if (error instanceof DOMException) return UNTOLD;
    throw error;
  }
}
