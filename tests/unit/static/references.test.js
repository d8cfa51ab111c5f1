import assert from "node:assert/strict";
import { test } from "node:test";

import { at, resolved } from "../../../static/api_docs/references.js";

const WHOLE = {
  paths: { "/api/v1/prices": { get: { parameters: [{ $ref: "#/components/parameters/ticker" }] } } },
  components: {
    parameters: { ticker: { name: "ticker", schema: { $ref: "#/components/schemas/Ticker~1Name" } } },
    schemas: {
      "Ticker/Name": { type: "string", maxLength: 24, example: null },
      Tree: { properties: { children: { items: { $ref: "#/components/schemas/Tree" } } } },
    },
  },
};

test("references within lists and within what they name are replaced", () => {
  const operation = at(WHOLE, ["paths", "/api/v1/prices", "get"]);
  assert.deepEqual(resolved(operation, WHOLE), {
    parameters: [{ name: "ticker", schema: { type: "string", maxLength: 24, example: null } }],
  });
});

test("a type that contains itself keeps its reference", () => {
  const { Tree } = WHOLE.components.schemas;
  assert.deepEqual(resolved({ $ref: "#/components/schemas/Tree" }, WHOLE), Tree);
});

test("what is missing is undefined", () => {
  assert.equal(at(WHOLE, ["paths", "/nothing", "get"]), undefined);
  assert.equal(resolved({ $ref: "#/components/schemas/Nothing" }, WHOLE), undefined);
});
