/** Loads the scripts that the page's first view does not need, and explains where one could not be loaded. */

import { ApiError } from "../api/exchange.js";
import { button, element } from "./elements.js";

const ADVICE = "Check that you are online, then reload the page.";
/** A small file of the server. */
const PROBE = "static/favicon.svg";

/**
 * A script could not be loaded. Some browsers keep such a failure until the page is reloaded, also for every other script that
 * imports the same file. Another address would load the first file again, but not the files that it imports.
 */
export class ScriptError extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super("a script could not be loaded", { cause });
    this.name = "ScriptError";
  }
}

/**
 * Load a script.
 *
 * @template Script
 * @param {() => Promise<Script>} load calls `import()`
 * @throws {ScriptError}
 */
export async function loadScript(load) {
  try {
    return await load();
  } catch (error) {
    // The browser logs a file that it cannot fetch, but not a script that does not fit the scripts of this page.
    if (!(error instanceof TypeError)) console.error(error);
    throw new ScriptError(error);
  }
}

/**
 * Return when the server has answered. Call this before `loadScript` where nothing else is fetched first, because the failure
 * of a script may last.
 *
 * @throws {ApiError} if there is no answer
 */
export async function expectServer() {
  const answer = await fetch(PROBE, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!answer?.ok) throw new ApiError({ code: "unreachable" });
}

/**
 * Return the words and the button after a failure to load a part of the page.
 *
 * @param {unknown} failure
 * @param {string} what sentence about the part
 * @param {() => void} tryAgain
 */
export function loadProblem(failure, what, tryAgain) {
  if (failure instanceof ScriptError) return [element("p", `${what} ${ADVICE}`), reloadButton("plain")];
  return [element("p", `${what} Check that you are online.`), button("Try again", tryAgain, "plain")];
}

/**
 * Return the words and the button after a `ScriptError`, for a line of text.
 *
 * @param {string} what sentence about the part
 */
export function reloadOffer(what) {
  return [`${what} ${ADVICE} `, reloadButton("chip")];
}

/** @param {string} className */
function reloadButton(className) {
  return button("Reload the page", () => location.reload(), className);
}
