/** What the visitor opened and selected on the board, for as long as the tab is open. Without storage, it is forgotten. */

const KEY = "stockcast.market";

/**
 * Return what was stored under a name, or undefined.
 *
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  return all()[name];
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function remember(name, value) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...all(), [name]: value }));
  } catch {
    // The storage is full or forbidden: the board works without it.
  }
}

/** @returns {Record<string, any>} */
function all() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
