/** Shows who is logged in, on servers where people log in. */

import { ApiError, call } from "../api/exchange.js";
import { byId, element } from "../widgets/elements.js";
import { forgetAnswers } from "./browser_storage.js";

const UNAUTHENTICATED = 401;

/** Show who is logged in. A visitor who may not read goes to the page on which people log in. */
export async function showVisitor() {
  try {
    const visitor = await call("account");
    if (isStranger(visitor)) goToLogin();
    else if (visitor.mode === "on") showLink(visitor.email);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === UNAUTHENTICATED) goToLogin();
  }
}

/** @param {any} visitor */
function isStranger(visitor) {
  return visitor.kind === "nobody" && !visitor.scopes.includes("read");
}

/** @param {string|null} email of the visitor's account */
function showLink(email) {
  const link = element("a", email ?? "Log in");
  link.href = email ? "account" : "login";
  byId("visitor").replaceChildren(link);
}

/** Go to the page on which people log in. It keeps the question, and comes back to it. */
export async function goToLogin() {
  await forgetAnswers();
  location.replace(`login${location.search}`);
}
