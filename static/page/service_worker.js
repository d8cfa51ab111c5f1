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
/** The milliseconds after which the kept answer stands in for one that does not come. A network that hangs gives no error. */
const ANSWER_WITHIN_MS = 4000;
/** The milliseconds after such a silence in which nothing waits again: the page has many files, some needed after others. */
const SILENT_FOR_MS = 30_000;
/** The statuses of a proxy whose server is away. The server itself answers requests for files with none of them. */
const AWAY = [502, 503, 504];
/** Until when the network counts as silent, in milliseconds of the clock. */
let silentUntil = 0;

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
 * Return the server's answer; without one in time, the kept answer if there is any.
 *
 * @param {any} event of a request
 * @param {string} key
 */
async function newest(event, key) {
  const answered = answerOf(event.request);
  // Also one that comes too late is kept for the next time.
  event.waitUntil(answered.then((answer) => (answer.ok ? keep(key, answer.clone()) : undefined)).catch(() => undefined));
  try {
    const answer = await inTime(answered);
    if (answer && !AWAY.includes(answer.status)) return answer;
  } catch {
    // Without a kept answer, the failure is passed on below.
  }
  return (await keptFile(key)) ?? answered;
}

/** @param {Request} request */
async function answerOf(request) {
  const answer = await fetch(request);
  silentUntil = 0;
  return answer;
}

/**
 * Return an answer; null if it does not come in time.
 *
 * @param {Promise<Response>} answered
 * @returns {Promise<Response|null>}
 */
async function inTime(answered) {
  const wait = Date.now() < silentUntil ? 0 : ANSWER_WITHIN_MS;
  let timer = 0;
  const silence = new Promise((resolve) => {
    timer = setTimeout(() => {
      silentUntil = Date.now() + SILENT_FOR_MS;
      resolve(null);
    }, wait);
  });
  try {
    return await Promise.race([answered, silence]);
  } finally {
    clearTimeout(timer);
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
