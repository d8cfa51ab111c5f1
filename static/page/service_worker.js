/** The page's service worker: shows the notifications that alerts send to this browser, and opens their stock. */

const TITLE = "Stockcast";

addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(event.data?.json() ?? {})));
addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

/** @param {{id?: string, title?: string, body?: string, url?: string}} content a repetition replaces the first of its id */
function show({ id = "", title = TITLE, body = "", url = "." }) {
  const { registration } = /** @type {any} */ (globalThis);
  return registration.showNotification(title, { body, tag: id, icon: "static/favicon.svg", data: { url } });
}

/** @param {string} url relative to the page */
function open(url) {
  const { clients, registration } = /** @type {any} */ (globalThis);
  return clients.openWindow(new URL(url, registration.scope).href);
}
