/** Client of the API of alerts and their channels. Each call returns what the server has, or throws `ApiError`. */

import { call, sending } from "./exchange.js";

/** @typedef {{kind: string} & Record<string, string|number>} Condition */
/** @typedef {{ticker: string, condition: Condition, channels: string[], note: string}} NewAlert */
/** @typedef {{kind: "webhook"|"mail"|"apprise", name: string, url?: string, to?: string}} NewChannelBody */

/** @returns {Promise<AlertDetail[]>} the newest first */
export async function listAlerts() {
  return (await call("alerts")).alerts;
}

/**
 * @param {NewAlert} alert
 * @returns {Promise<AlertDetail>}
 */
export function createAlert(alert) {
  return call("alerts", sending("POST", alert));
}

/**
 * Pause an alert, have it judged again, or give it other channels.
 *
 * @param {string} id
 * @param {{enabled: boolean}|{channels: string[]}} change
 * @returns {Promise<AlertDetail>}
 */
export function changeAlert(id, change) {
  return call(`alerts/${id}`, sending("PATCH", change));
}

/** @param {string} id */
export function deleteAlert(id) {
  return call(`alerts/${id}`, { method: "DELETE" });
}

/** @returns {Promise<AlertEvent[]>} the first page of what fired, the newest first */
export async function listEvents() {
  return (await call("alert-events")).events;
}

/** @returns {Promise<Channel[]>} the oldest first */
export async function listChannels() {
  return (await call("channels")).channels;
}

/**
 * @param {NewChannelBody} channel
 * @returns {Promise<Channel & {signing_secret: string|null}>}
 */
export function createChannel(channel) {
  return call("channels", sending("POST", channel));
}

/** @param {string} id */
export function deleteChannel(id) {
  return call(`channels/${id}`, { method: "DELETE" });
}

/**
 * Send a test notification now, and return its outcome.
 *
 * @param {string} id
 * @returns {Promise<Delivery>}
 */
export function testChannel(id) {
  return call(`channels/${id}:test`, { method: "POST" });
}
