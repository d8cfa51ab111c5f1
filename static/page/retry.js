/** Tries again after a failure that passes without the reader, and counts down to the next try. */

import { countdownText } from "../text/progress.js";
import { element } from "../widgets/elements.js";

/** The page does not try again after a longer wait: its reader has left by then. */
const LONGEST_WAIT_S = 900;
const MOST_RETRIES = 10;
const RETRIED_CODE = "provider_unavailable";

export class Retry {
  #ask;
  /** @type {number|undefined} */
  #timer;
  #count = 0;

  /** @param {() => void} ask asks the failed question again */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Forget the earlier tries, for a new question. */
  reset() {
    this.#count = 0;
  }

  /** Cancel the next try. */
  stop() {
    clearInterval(this.#timer);
  }

  /**
   * Start a countdown to the next try, if the failure allows one.
   *
   * @param {{code: string, retryAfterS: number|null}} failure
   * @returns {HTMLElement|null} the countdown, or null if there is no next try
   */
  start({ code, retryAfterS }) {
    this.stop();
    const isDue = code === RETRIED_CODE && retryAfterS && retryAfterS <= LONGEST_WAIT_S && this.#count < MOST_RETRIES;
    if (!isDue) return null;
    this.#count += 1;
    const note = element("p", "This page will try again. ");
    const countdown = element("span", "");
    // A screen reader would read every second aloud.
    countdown.setAttribute("aria-hidden", "true");
    note.append(countdown);
    this.#countDown(retryAfterS, countdown);
    return note;
  }

  /**
   * @param {number} seconds
   * @param {HTMLElement} countdown
   */
  #countDown(seconds, countdown) {
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      countdown.textContent = countdownText(Math.max(left, 0));
      if (left > 0) return;
      this.stop();
      this.#ask();
    };
    this.#timer = window.setInterval(tick, 1000);
    tick();
  }
}
