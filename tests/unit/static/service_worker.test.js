import assert from "node:assert/strict";
import { test } from "node:test";

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
 * @param {{mode?: string, method?: string}} request
 */
async function request(url, { mode = "navigate", method = "GET" } = {}) {
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
  await Promise.all(later);
  return response;
}

/** @param {string} url */
async function textOf(url) {
  return (await request(url))?.text();
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
