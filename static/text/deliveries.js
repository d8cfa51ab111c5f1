/** The words of sent notifications. Pure functions. */

import { formatQuantity } from "./formats.js";

const TEST = "Test of the channel";
const OLDER = "An earlier event";

/**
 * Return the sentence that a notification carries.
 *
 * @param {Pick<Delivery, "event_id">} delivery
 * @param {Pick<AlertEvent, "id"|"sentence">[]} events the latest ones
 */
export function deliveryTitle({ event_id: id }, events) {
  return id === null ? TEST : (events.find((event) => event.id === id)?.sentence ?? OLDER);
}

/**
 * Describe the outcome of a notification: its channel, its time, its state, the attempts and the reason.
 *
 * @param {Delivery} delivery
 * @param {string} channel its name
 */
export function describeDelivery(delivery, channel) {
  const { state, attempts, last_result: result, created_at: made, delivered_at: delivered } = delivery;
  const tries = formatQuantity(attempts, "attempt");
  const reason = result ? `: ${result}` : "";
  if (state === "delivered") return `To ${channel}. Delivered on ${moment(delivered ?? made)} after ${tries}${reason}.`;
  if (state === "failed") return `To ${channel}. Given up after ${tries}${reason}. Made on ${moment(made)}.`;
  return `To ${channel}. Due on ${moment(delivery.next_attempt_at)} after ${tries}${reason}.`;
}

/**
 * Describe the outcome of sending a notification again.
 *
 * @param {Pick<Delivery, "state"|"last_result">} delivery
 * @param {string} channel its name
 */
export function describeRepetition({ state, last_result: result }, channel) {
  if (state === "delivered") return `The notification has reached ${channel}.`;
  return `The notification has not reached ${channel}: ${result || "it is sent again later"}.`;
}

/** @param {string} time in the form of ISO 8601 */
function moment(time) {
  return new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
