import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { ApiError } from "../../../static/api/exchange.js";
import { fetchMarkup } from "../../../static/page/late_panel.js";
import { ScriptError, expectServer, loadScript } from "../../../static/widgets/late_script.js";

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
  mock.restoreAll();
});

test("a loaded script is returned", async () => {
  const loaded = await loadScript(() => import("../../../static/api/exchange.js"));
  assert.equal(loaded.ApiError, ApiError);
});

test("a script that cannot be fetched is a ScriptError with its cause", async () => {
  const logged = mock.method(console, "error", () => {});
  const cause = new TypeError("Failed to fetch dynamically imported module");
  await assert.rejects(loadScript(() => Promise.reject(cause)), (error) => error instanceof ScriptError && error.cause === cause);
  assert.equal(logged.mock.callCount(), 0);
});

test("a script that does not fit the page's other scripts is a ScriptError, and logged", async () => {
  const logged = mock.method(console, "error", () => {});
  const cause = new SyntaxError("The requested module does not provide an export named 'x'");
  await assert.rejects(loadScript(() => Promise.reject(cause)), ScriptError);
  assert.deepEqual(logged.mock.calls[0]?.arguments, [cause]);
});

test("a server that does not answer, or whose proxy answers for it, is unreachable", async () => {
  const unreachable = (error) => error instanceof ApiError && error.code === "unreachable";
  globalThis.fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  await assert.rejects(expectServer(), unreachable);
  globalThis.fetch = async () => new Response(null, { status: 502 });
  await assert.rejects(expectServer(), unreachable);
  globalThis.fetch = async () => new Response(null, { status: 200 });
  await expectServer();
});

test("markup that the server no longer has needs another page, and one that does not come another try", async () => {
  globalThis.fetch = async () => new Response(null, { status: 404 });
  await assert.rejects(fetchMarkup("static/panels/day.html"), ScriptError);
  globalThis.fetch = async () => new Response(null, { status: 503 });
  await assert.rejects(fetchMarkup("static/panels/day.html"), ApiError);
});
