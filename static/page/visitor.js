/** Shows who is logged in, on servers where people log in. */

import { byId, element } from "../widgets/elements.js";

const UNAUTHENTICATED = 401;

/** Show who is logged in. A visitor who may not read goes to the page on which people log in. */
export async function showVisitor() {
  const response = await fetch("api/v1/account", { cache: "no-store" }).catch(() => null);
  const visitor = response?.ok ? await response.json().catch(() => null) : null;
  if (response?.status === UNAUTHENTICATED || isStranger(visitor)) goToLogin();
  else if (visitor?.mode === "on") showLink(visitor.email);
}

/** @param {any} visitor */
function isStranger(visitor) {
  return visitor?.kind === "nobody" && !visitor.scopes.includes("read");
}

/** @param {string|null} email of the visitor's account */
function showLink(email) {
  const link = element("a", email ?? "Log in");
  link.href = email ? "account" : "login";
  byId("visitor").replaceChildren(link);
}

/** Go to the page on which people log in. It keeps the question, and comes back to it. */
export function goToLogin() {
  location.replace(`login${location.search}`);
}
