import assert from "node:assert/strict";
import { mock, test } from "node:test";

const ORIGIN = "https://stocks.example";
const PAGE = `${ORIGIN}/stockcast/`;
/** @type {any} */
const world = globalThis;
/** @type {Record<string, (event: any) => void>} */
const listeners = {};
/** @type {Map<string, Response>} */
const kept = new Map([[PAGE, new Response("kept page")]]);
/** @type {() => Promise<Response>} */
let answer = async () => new Response("newest");

world.BUILD = { version: "1", files: {} };
world.registration = { scope: PAGE };
world.clients = {};
world.addEventListener = (/** @type {string} */ type, /** @type {any} */ listener) => (listeners[type] = listener);
world.caches = {
  open: async () => ({
    match: async (/** @type {string} */ key) => kept.get(key)?.clone(),
    put: async (/** @type {string} */ key, /** @type {Response} */ response) => kept.set(key, response),
  }),
};
world.fetch = () => answer();
await import("../../../static/page/service_worker.js");

/**
 * Return the answer that the page gets, or null if the browser handles the request itself.
 *
 * @param {string} url
 * @param {{mode?: string, method?: string, hangs?: boolean}} request `hangs`: not to wait for what it keeps afterwards
 */
async function request(url, { mode = "navigate", method = "GET", hangs = false } = {}) {
  /** @type {Promise<Response>|null} */
  let given = null;
  /** @type {Promise<any>[]} */
  const later = [];
  listeners.fetch?.({
    request: { url, mode, method, cache: "default" },
    respondWith: (/** @type {Promise<Response>} */ promise) => (given = promise),
    waitUntil: (/** @type {Promise<any>} */ promise) => later.push(promise),
  });
  const response = given && (await given);
  if (!hangs) await Promise.all(later);
  return response;
}

/**
 * @param {string} url
 * @param {{hangs?: boolean}} [options]
 */
async function textOf(url, options) {
  return (await request(url, options))?.text();
}

test("only the page and its files pass through it, below its own path", async () => {
  for (const url of [`${PAGE}api/v1/account`, `${ORIGIN}/static/a.js`, `${PAGE}login`, "https://other.example/stockcast/"]) {
    assert.equal(await request(url), null, url);
  }
  assert.equal(await request(PAGE, { method: "POST" }), null);
  assert.notEqual(await request(`${PAGE}static/a.js`, { mode: "cors" }), null);
});

test("the kept page stands in where the server is away, also behind a proxy", async () => {
  for (const status of [502, 503, 504]) {
    answer = async () => new Response("a proxy's page", { status });
    assert.equal(await textOf(`${PAGE}?ticker=AAPL`), "kept page", String(status));
    assert.equal(await textOf(`${PAGE}static/unknown.js`), "a proxy's page");
  }
  answer = async () => {
    throw new TypeError("no network");
  };
  assert.equal(await textOf(PAGE), "kept page");
  await assert.rejects(textOf(`${PAGE}static/unknown.js`), TypeError);
});

test("an answer of the server is passed on, and a good one kept", async () => {
  answer = async () => new Response("no such file", { status: 404 });
  assert.equal(await textOf(PAGE), "no such file");
  answer = async () => new Response("newest");
  assert.equal(await textOf(PAGE), "newest");
  assert.equal(await kept.get(PAGE)?.clone().text(), "kept page", "the same tag, which both lack");
  answer = async () => new Response("newer", { headers: { ETag: '"2"' } });
  await textOf(PAGE);
  assert.equal(await kept.get(PAGE)?.clone().text(), "newer");
});

test("a network that hangs makes the page wait once, and its files not again", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const file = `${PAGE}static/a.js`;
  kept.set(file, new Response("kept file"));
  answer = () => new Promise(() => {});
  const page = textOf(PAGE, { hangs: true });
  mock.timers.tick(3999);
  assert.equal(await Promise.race([page, settled()]), "waits");
  mock.timers.tick(1);
  assert.equal(await page, "newer");
  const next = textOf(file, { hangs: true });
  mock.timers.tick(0);
  assert.equal(await next, "kept file");
  answer = async () => new Response("newest of all", { headers: { ETag: '"3"' } });
  assert.equal(await textOf(file), "newest of all");
  answer = () => new Promise(() => {});
  const again = textOf(file, { hangs: true });
  mock.timers.tick(1000);
  assert.equal(await Promise.race([again, settled()]), "waits", "the network answered in between");
  mock.timers.reset();
});

test("a late answer is kept for the next time", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  /** @type {(response: Response) => void} */
  let arrive = () => {};
  answer = () => new Promise((resolve) => (arrive = resolve));
  const page = textOf(PAGE);
  mock.timers.tick(4000);
  arrive(new Response("late", { headers: { ETag: '"4"' } }));
  assert.equal(await page, "newer");
  assert.equal(await kept.get(PAGE)?.clone().text(), "late");
  mock.timers.reset();
});

/** Return "waits" once everything that is due has run. */
async function settled() {
  for (let turn = 0; turn < 50; turn += 1) await null;
  return "waits";
}
