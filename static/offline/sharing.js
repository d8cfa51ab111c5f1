/** What another app shares with the installed page. */

import { readShared } from "../text/shared.js";
import { questionUrl } from "../widgets/elements.js";

const USUAL_DAYS = 30;

/**
 * Replace shared texts in the address by the question about the stock that they name.
 *
 * @returns {string} what to type into the search box where they name none for certain
 */
export function takeShared() {
  const parameters = new URLSearchParams(location.search);
  const { ticker, typed } = readShared(["shared_url", "shared_text", "shared_title"].map((name) => parameters.get(name)));
  history.replaceState(null, "", ticker ? questionUrl({ ticker, days: USUAL_DAYS }) : location.pathname);
  return typed;
}
