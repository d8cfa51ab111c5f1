/** The alert after a failure: what happened, what to do next, and a button to try again. */

import { storedTickers } from "../api/prices.js";
import { button, byId, element, questionLink } from "../widgets/elements.js";

const MOST_TICKERS = 8;

/**
 * Show a failure.
 *
 * @param {{title: string, text: string}} words
 * @param {HTMLElement|null} countdown to the page's own next try
 * @param {() => void} tryAgain
 */
export function showFailure({ title, text }, countdown, tryAgain) {
  const parts = [element("h2", title), element("p", text), countdown, button("Try again", tryAgain)];
  byId("alert").replaceChildren(...parts.filter((part) => part !== null));
}

/** Remove the alert. */
export function clearFailure() {
  byId("alert").replaceChildren();
}

/**
 * Offer the tickers with stored prices, which need no price source.
 *
 * @param {Question} question that failed
 * @param {AbortSignal} signal
 */
export async function offerStoredTickers(question, signal) {
  const others = (await storedTickers()).filter((stored) => stored !== question.ticker.toUpperCase());
  if (signal.aborted || others.length === 0) return;
  const links = others.slice(0, MOST_TICKERS).map((other) => questionLink({ ...question, ticker: other }, other, "chip"));
  const offer = element("p", "", "chips");
  offer.append(element("span", "These have stored prices and work now:"), ...links);
  byId("alert").querySelector("button")?.before(offer);
}
