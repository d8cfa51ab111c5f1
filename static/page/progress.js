/** The progress of a request: its stage, its elapsed seconds, and announcements for screen readers. */

import { NO_BREAK } from "../text/formats.js";
import { cancelledText, retryText, stageIndex, stageText } from "../text/progress.js";
import { byId } from "../widgets/elements.js";

const CLOCK_MS = 250;

/**
 * Show a stage of a request.
 *
 * @param {string} stage
 * @param {string} ticker
 */
export function showStage(stage, ticker) {
  show(stage, stageText(stage, ticker));
  byId("progress", HTMLProgressElement).value = stageIndex(stage) + 0.5;
  if (stage === "sending") scrollToShow(byId("waiting"));
}

/**
 * Show that the page tries again.
 *
 * @param {{code: string, retryInMs: number}} retry
 */
export function showRetry(retry) {
  show("retrying", retryText(retry));
}

/** Remove the progress and the note of a cancelled request. */
export function hideProgress() {
  byId("waiting").hidden = true;
  byId("cancelled").hidden = true;
}

/**
 * Show that a request was cancelled.
 *
 * @param {Question} question
 */
export function showCancelled(question) {
  byId("cancelled-words").textContent = cancelledText(question);
  byId("cancelled").hidden = false;
  announce("Cancelled.");
  byId("ask-again").focus();
}

/**
 * Count the elapsed seconds until the signal aborts or the returned function is called.
 *
 * @param {AbortSignal} signal
 * @returns {() => void}
 */
export function startClock(signal) {
  const startedAt = performance.now();
  const tick = () => {
    byId("elapsed").textContent = `${Math.floor((performance.now() - startedAt) / 1000)}${NO_BREAK}s`;
  };
  tick();
  const timer = setInterval(tick, CLOCK_MS);
  const stop = () => clearInterval(timer);
  signal.addEventListener("abort", stop, { once: true });
  return stop;
}

/**
 * Announce a text to screen readers, once.
 *
 * @param {string} text
 */
export function announce(text) {
  const announcer = byId("announcer");
  if (announcer.textContent !== text) announcer.textContent = text;
}

/**
 * Scroll no further than needed, as on a phone whose keyboard covers half the page. The focus does not move.
 *
 * @param {HTMLElement} part
 */
export function scrollToShow(part) {
  part.scrollIntoView({ block: "nearest" });
}

/**
 * @param {string} stage
 * @param {string} text
 */
function show(stage, text) {
  const waiting = byId("waiting");
  waiting.hidden = false;
  waiting.dataset.stage = stage;
  byId("stage").textContent = text;
  announce(text);
}
