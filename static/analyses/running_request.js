/** An evaluation or a pattern search under way: its progress bar, its cancellation and its failure. */

import { ApiError } from "../api/exchange.js";
import { cancelRequest, requestResult } from "../api/requests.js";
import { goToLogin } from "../page/visitor.js";
import { analysisFailure, announcedText, workText } from "../text/analyses.js";
import { NO_BREAK } from "../text/formats.js";
import { retryText } from "../text/progress.js";
import { button, element } from "../widgets/elements.js";

/** @import { WorkProgress } from "../text/analyses.js" */

const CLOCK_MS = 250;

export class RunningRequest {
  #path;
  #noun;
  #onAgain;
  #words = element("p", "");
  #elapsed = element("p", "", "figures");
  #bar = element("progress", "");
  #work = element("section", "");
  #problem = element("div", "", "problem");
  #news = element("p", "", "visually-hidden");
  #outcome = element("p", "");
  /** @type {{controller: AbortController, requestId: string}|null} */
  #running = null;

  /**
   * @param {HTMLElement} place
   * @param {string} path of the kind, such as "evaluations"
   * @param {string} noun of the analysis, such as "evaluation"
   * @param {object} listeners
   * @param {() => void} listeners.onCancel called after the visitor has cancelled the request
   * @param {() => void} listeners.onAgain called to run the failed request again
   */
  constructor(place, path, noun, { onCancel, onAgain }) {
    this.#path = path;
    this.#noun = noun;
    this.#onAgain = onAgain;
    this.#bar.max = 1;
    this.#bar.setAttribute("aria-label", "Work done");
    this.#words.setAttribute("aria-hidden", "true");
    this.#work.className = "work-progress";
    this.#work.setAttribute("aria-label", `Progress of the ${noun}`);
    this.#problem.setAttribute("role", "alert");
    this.#news.setAttribute("role", "status");
    const line = element("div", "", "waiting-words");
    line.append(this.#words, this.#elapsed);
    this.#work.append(line, this.#bar, button("Cancel", () => this.#cancel(onCancel), "plain"));
    place.replaceChildren(this.#problem, this.#work, this.#outcome, this.#news);
    this.#clearParts();
  }

  /**
   * Send the request, and show its progress and its failure. A later request replaces it.
   *
   * @param {{ticker: string}} question
   * @param {object} options
   * @param {(result: any) => boolean} options.isResult returns whether a finished answer has the fields that the page needs
   * @param {(failure: ApiError) => boolean} options.showsProblem shows a failure beside a field, if it belongs to one
   * @returns {Promise<any>} the result, or null if there is none
   */
  async run(question, options) {
    this.stop();
    const controller = new AbortController();
    const { signal } = controller;
    const running = { controller, requestId: "" };
    this.#running = running;
    const show = (/** @type {WorkProgress} */ progress) => this.#show(progress, question.ticker);
    const stopClock = this.#startClock();
    show({ status: "sending" });
    try {
      const result = await requestResult(this.#path, question, options.isResult, {
        signal,
        onSend: (requestId) => {
          running.requestId = requestId;
        },
        onStage: (status, progress) => show({ ...progress, status }),
        onRetry: (retry) => this.#showWords(retryText(retry)),
      });
      if (signal.aborted) return null;
      this.#end("");
      this.#announce(`The ${this.#noun} is ready.`);
      return result;
    } catch (error) {
      if (!signal.aborted) this.#fail(error, options.showsProblem);
      return null;
    } finally {
      stopClock();
    }
  }

  /** Remove what is shown, and cancel the request at the server. */
  stop() {
    if (this.#running) {
      this.#running.controller.abort();
      cancelRequest(this.#path, this.#running.requestId);
    }
    this.#end("");
  }

  /** @param {() => void} onCancel */
  #cancel(onCancel) {
    this.stop();
    this.#end(`The ${this.#noun} was cancelled.`);
    onCancel();
  }

  /** @param {string} words */
  #end(words) {
    this.#running = null;
    this.#clearParts();
    this.#outcome.textContent = words;
    this.#outcome.hidden = !words;
    this.#announce(words);
  }

  #clearParts() {
    this.#work.hidden = true;
    this.#outcome.hidden = true;
    this.#problem.replaceChildren();
  }

  /**
   * @param {WorkProgress} progress
   * @param {string} ticker
   */
  #show(progress, ticker) {
    this.#work.hidden = false;
    this.#showWords(workText(progress, ticker));
    this.#announce(announcedText(progress, ticker));
    if (typeof progress.progress === "number") this.#bar.value = progress.progress;
    else this.#bar.removeAttribute("value");
  }

  /** @param {string} words */
  #showWords(words) {
    this.#words.textContent = words;
  }

  /** @param {string} words */
  #announce(words) {
    if (this.#news.textContent !== words) this.#news.textContent = words;
  }

  /**
   * @param {unknown} error
   * @param {(failure: ApiError) => boolean} showsProblem
   */
  #fail(error, showsProblem) {
    this.#end("");
    if (!(error instanceof ApiError)) console.error(error);
    const failure = error instanceof ApiError ? error : new ApiError({ code: "bad_answer" });
    if (failure.code === "unauthenticated") goToLogin();
    else if (!showsProblem(failure)) {
      const { title, text } = analysisFailure(failure, this.#noun);
      this.#problem.append(element("h3", title), element("p", text), button("Try again", this.#onAgain));
    }
  }

  /** @returns {() => void} */
  #startClock() {
    const startedAt = performance.now();
    const tick = () => {
      this.#elapsed.textContent = `${Math.floor((performance.now() - startedAt) / 1000)}${NO_BREAK}s`;
    };
    tick();
    const timer = setInterval(tick, CLOCK_MS);
    return () => clearInterval(timer);
  }
}
