/** Client of the API's accounts. */

import { call as callPath, sending } from "../api/exchange.js";

/**
 * Call the API.
 *
 * @param {string} method
 * @param {string} path below `api/v1/`
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON; null if it has none
 * @throws {import("../api/exchange.js").ApiError}
 */
export function call(method, path, body) {
  return callPath(path, body ? sending(method, body) : { method });
}

/** Return the part of the address behind `#`, which no server sees, and remove it from the address. */
export function takeLinkSecret() {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  return secret;
}
