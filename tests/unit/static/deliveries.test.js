import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryTitle, describeDelivery, describeRepetition } from "../../../static/text/deliveries.js";
import { plain } from "./plain.js";

const DELIVERED = {
  id: "d",
  event_id: "e",
  channel_id: "c",
  state: "delivered",
  attempts: 2,
  last_result: "status 204",
  next_attempt_at: "2013-03-02T12:00:00Z",
  created_at: "2013-03-02T12:00:00Z",
  delivered_at: "2013-03-02T12:05:00Z",
};

test("a notification is called by its event", () => {
  const events = [{ id: "e", sentence: "AAPL closed at 451.00 USD." }];
  assert.equal(deliveryTitle(DELIVERED, events), "AAPL closed at 451.00 USD.");
  assert.equal(deliveryTitle({ event_id: null }, events), "Test of the channel");
  assert.equal(deliveryTitle({ event_id: "older" }, events), "An earlier event");
});

test("the outcome has the channel, the time, the attempts and the reason", () => {
  const words = (change) => plain(describeDelivery({ ...DELIVERED, ...change }, "Mine"));
  assert.match(words({}), /^To Mine\. Delivered on 2 Mar 2013, \d\d:05 after 2 attempts: status 204\.$/);
  assert.match(words({ state: "failed", last_result: "status 410" }), /^To Mine\. Given up after 2 attempts: status 410\. Made on/);
  assert.match(words({ state: "pending", attempts: 1, last_result: "" }), /^To Mine\. Due on 2 Mar 2013, \d\d:00 after 1 attempt\.$/);
});

test("a repetition tells whether it has reached the channel", () => {
  assert.equal(describeRepetition({ state: "delivered", last_result: "" }, "Mine"), "The notification has reached Mine.");
  assert.match(describeRepetition({ state: "pending", last_result: "status 500" }, "Mine"), /not reached Mine: status 500\.$/);
});
