/** The last answers, which this browser keeps for times without a network. Where it keeps nothing, there are none. */

import { keptAnswersName } from "../page/browser_storage.js";
import { KEPT_TEXT, keptTitle } from "../text/offline.js";
import { questionUrl } from "../widgets/elements.js";

const MOST_KEPT = 8;

/**
 * Keep an answer in place of the earlier one to its question. The oldest ones beyond the limit are removed.
 *
 * @param {Question} question
 * @param {FinishedForecast} result
 * @param {Date} at
 */
export async function keepAnswer(question, result, at) {
  try {
    const kept = await caches.open(keptAnswersName());
    const key = keyOf(question);
    await kept.delete(key);
    await kept.put(key, Response.json({ at: at.toISOString(), result }));
    const keys = await kept.keys();
    await Promise.all(keys.slice(0, Math.max(keys.length - MOST_KEPT, 0)).map((old) => kept.delete(old)));
  } catch {
    // Private windows refuse, and so does a full store. Plain HTTP has no caches.
  }
}

/**
 * Return the last answer to a question with the words about its age, or null.
 *
 * @param {Question} question
 * @returns {Promise<{words: {title: string, text: string}, result: FinishedForecast}|null>}
 */
export async function keptAnswer(question) {
  try {
    const found = await (await caches.open(keptAnswersName())).match(keyOf(question));
    if (!found) return null;
    const { at, result } = await found.json();
    return { words: { title: keptTitle(new Date(at), navigator.onLine, new Date()), text: KEPT_TEXT }, result };
  } catch {
    return null;
  }
}

/** @param {Question} question */
function keyOf(question) {
  return `kept-answer${questionUrl({ ...question, ticker: question.ticker.toUpperCase() })}`;
}
