import assert from "node:assert/strict";
import { test } from "node:test";
import { browserName } from "../../../static/text/browsers.js";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

test("a browser is called by its maker's name and its system", () => {
  assert.equal(browserName(CHROME), "Chrome on Linux");
  assert.equal(browserName(`${CHROME} Edg/140.0`.replace("X11; Linux x86_64", "Windows NT 10.0")), "Edge on Windows");
  assert.equal(browserName("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"), "Firefox on Android");
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1";
  assert.equal(browserName(safari), "Safari on iPhone");
  assert.equal(browserName("unheard of"), "Browser");
});
