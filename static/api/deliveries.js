/** Client of the API of sent notifications. Each call returns what the server has, or throws `ApiError`. */

import { call } from "./exchange.js";

/** @returns {Promise<Delivery[]>} the latest notifications, the newest first */
export async function listDeliveries() {
  return (await call("deliveries")).deliveries;
}

/**
 * Send a notification again now, and return its outcome.
 *
 * @param {string} id
 * @returns {Promise<Delivery>}
 */
export function redeliver(id) {
  return call(`deliveries/${id}:redeliver`, { method: "POST" });
}
