/** The log of notifications, with a button that sends one again. It is loaded when it is opened. */

import { listDeliveries, redeliver } from "../api/deliveries.js";
import { ApiError } from "../api/exchange.js";
import { alertProblem } from "../text/alerts.js";
import { deliveryTitle, describeDelivery, describeRepetition } from "../text/deliveries.js";
import { element } from "../widgets/elements.js";
import { entry } from "./entries.js";

/** @typedef {{channels: Channel[], events: AlertEvent[]}} Known */

/**
 * Show the latest notifications.
 *
 * @param {HTMLElement} place
 * @param {Known} known
 * @param {string} news the outcome of what was done just now
 */
export async function showDeliveries(place, known, news = "") {
  try {
    const deliveries = await listDeliveries();
    const said = element("p", news, "hint");
    said.setAttribute("role", "status");
    place.replaceChildren(said, ...(deliveries.length ? [listOf(place, known, deliveries)] : [empty()]));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showProblem(place, error);
  }
}

/**
 * @param {HTMLElement} place
 * @param {Known} known
 * @param {Delivery[]} deliveries
 */
function listOf(place, known, deliveries) {
  const list = element("ul", "", "entries");
  list.setAttribute("aria-label", "Notifications");
  list.append(...deliveries.map((delivery) => deliveryEntry(place, known, delivery)));
  return list;
}

/**
 * @param {HTMLElement} place
 * @param {Known} known
 * @param {Delivery} delivery
 */
function deliveryEntry(place, known, delivery) {
  const { id, channel_id: channelId } = delivery;
  const channel = known.channels.find((each) => each.id === channelId)?.name ?? "a channel";
  const title = deliveryTitle(delivery, known.events);
  const details = describeDelivery(delivery, channel);
  return entry(title, details, [["Send again", `Send again: ${title}. ${details}`, () => repeat(place, known, id, channel)]]);
}

/**
 * @param {HTMLElement} place
 * @param {Known} known
 * @param {string} id
 * @param {string} channel
 */
async function repeat(place, known, id, channel) {
  for (const each of place.querySelectorAll("button")) each.disabled = true;
  try {
    await showDeliveries(place, known, describeRepetition(await redeliver(id), channel));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await showDeliveries(place, known, alertProblem(error));
  }
  place.querySelector("button")?.focus();
}

function empty() {
  return element("p", "No notifications yet. A test of a channel is one, too.");
}

/**
 * @param {HTMLElement} place
 * @param {ApiError} error
 */
function showProblem(place, error) {
  const words = element("p", `The notifications cannot be shown now. ${alertProblem(error)}`, "field-error");
  words.setAttribute("role", "alert");
  place.replaceChildren(words);
}
