/** Asks again by itself after a failure that says when that may help, and counts the seconds down. */

import { element } from "./elements.js";
import { waitWords } from "./words.js";

/** After a longer wait than this the page does not ask again: its reader has left by then. */
const LONGEST_WAIT_S = 900;
const MOST_RETRIES = 10;
/** No source could be asked: that passes without the reader doing anything. */
const PASSES_BY_ITSELF = "provider_unavailable";

export class Retry {
  #ask;
  #timer = 0;
  #count = 0;

  /** @param {() => void} ask asks the same question again */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Allow as many tries as for a new question. */
  reset() {
    this.#count = 0;
  }

  /** Forget the next try. */
  stop() {
    clearInterval(this.#timer);
  }

  /**
   * Start to count down where the failure passes by itself.
   *
   * @param {{code: string, retryAfterS: number|null}} failure
   * @returns {HTMLElement[]} what the reader sees of it; nothing where nothing is tried again
   */
  parts({ code, retryAfterS }) {
    this.stop();
    if (code !== PASSES_BY_ITSELF || !retryAfterS || retryAfterS > LONGEST_WAIT_S || this.#count >= MOST_RETRIES) return [];
    this.#count += 1;
    const words = element("p", "This page tries again by itself. ");
    const left = element("span", "");
    // A screen reader would read each second aloud.
    left.setAttribute("aria-hidden", "true");
    words.append(left);
    this.#countDown(retryAfterS, left);
    return [words];
  }

  #countDown(seconds, place) {
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      place.textContent = waitWords(Math.max(left, 0));
      if (left > 0) return;
      this.stop();
      this.#ask();
    };
    this.#timer = setInterval(tick, 1000);
    tick();
  }
}
