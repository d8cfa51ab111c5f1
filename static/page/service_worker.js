/**
 * The page's service worker: shows the notifications that alerts send to this browser, and opens the page without a network.
 *
 * It keeps the page's files only. Answers of the API never pass through it, so that none can be taken for a fresh one. The
 * server writes BUILD before this text.
 */

/** @type {{version: string, files: Record<string, string>}} the version of all files; the first view's, with their tags */
const { version: VERSION, files: FILES } = /** @type {any} */ (globalThis).BUILD;
const TITLE = "Stockcast";
const { registration: REGISTRATION, clients: CLIENTS } = /** @type {any} */ (globalThis);
const SCOPE = new URL(REGISTRATION.scope);
const NAMES = `stockcast-page ${SCOPE.pathname} `;
const NAME = NAMES + VERSION;
/** The statuses of a proxy whose server is away. The server itself answers requests for files with none of them. */
const AWAY = [502, 503, 504];

addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(event.data?.json() ?? {})));
addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});
addEventListener("install", (/** @type {any} */ event) => {
  // Notifications work without the files, which are also kept when they are used.
  event.waitUntil(keepFirstView().catch(() => null));
  /** @type {any} */ (globalThis).skipWaiting();
});
addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(Promise.all([removeOthers(), CLIENTS.claim()]));
});
addEventListener("fetch", (/** @type {any} */ event) => {
  const key = keyOf(event.request);
  if (key) event.respondWith(newest(event, key));
});

/** @param {{id?: string, title?: string, body?: string, url?: string}} content a repetition replaces the first of its id */
function show({ id = "", title = TITLE, body = "", url = "." }) {
  return REGISTRATION.showNotification(title, { body, tag: id, icon: "static/favicon.svg", data: { url } });
}

/** @param {string} url relative to the page */
function open(url) {
  return CLIENTS.openWindow(new URL(url, SCOPE).href);
}

/** Keep the files of the first view, all of this version or none. */
async function keepFirstView() {
  const addresses = Object.keys(FILES);
  const answers = await Promise.all(addresses.map((address) => fetch(new URL(address, SCOPE))));
  const isWhole = addresses.every((address, at) => answers[at]?.ok && answers[at].headers.get("ETag") === FILES[address]);
  if (!isWhole) return;
  const kept = await caches.open(NAME);
  await Promise.all(addresses.map((address, at) => kept.put(new URL(address, SCOPE), /** @type {Response} */ (answers[at]))));
}

/** Remove the files of other versions. */
async function removeOthers() {
  const names = (await caches.keys()).filter((name) => name.startsWith(NAMES) && name !== NAME);
  await Promise.all(names.map((name) => caches.delete(name)));
}

/**
 * Return the address under which the answer to a request is kept; null if the browser handles the request itself.
 *
 * @param {Request} request
 */
function keyOf(request) {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || request.cache === "no-store" || origin !== SCOPE.origin) return null;
  if (pathname === SCOPE.pathname) return request.mode === "navigate" ? SCOPE.href : null;
  const isFile = ["static/", "chart-script"].some((start) => pathname.startsWith(SCOPE.pathname + start));
  return isFile ? origin + pathname : null;
}

/**
 * Return the server's answer; without one, the kept answer if there is any.
 *
 * @param {any} event of a request
 * @param {string} key
 */
async function newest(event, key) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(keep(key, answer.clone()));
    return (AWAY.includes(answer.status) && (await keptFile(key))) || answer;
  } catch (error) {
    const kept = await keptFile(key);
    if (kept) return kept;
    throw error;
  }
}

/** @param {string} key */
async function keptFile(key) {
  return (await caches.open(NAME)).match(key);
}

/**
 * @param {string} key
 * @param {Response} answer
 */
async function keep(key, answer) {
  const kept = await caches.open(NAME);
  const known = await kept.match(key);
  const tag = answer.headers.get("ETag");
  if (!known || known.headers.get("ETag") !== tag) await kept.put(key, answer);
}
