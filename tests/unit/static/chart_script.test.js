import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const PACKAGE = new URL("../../../node_modules/plotly.js-finance-dist-min/", import.meta.url);
const SERVED = new URL("../../../webserver/site/plotly/", import.meta.url);

for (const file of ["plotly-finance.min.js", "LICENSE"]) {
  test(`${file} of the served chart script is the file of the npm package`, () => {
    const isSame = readFileSync(new URL(file, SERVED)).equals(readFileSync(new URL(file, PACKAGE)));
    assert.ok(isSame, `copy node_modules/plotly.js-finance-dist-min/${file} to webserver/site/plotly/`);
  });
}
