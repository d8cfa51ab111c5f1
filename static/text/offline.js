/** The words of answers that this browser has kept. Pure functions. */

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

/**
 * Return the heading above a kept answer, such as "Answer of 28 November 17:05: you are offline."
 *
 * @param {Date} at when the answer came, in the reader's time zone
 * @param {boolean} isOnline whether the browser has a network, so that it is the server that cannot be reached
 * @param {Date} now
 */
export function keptTitle(at, isOnline, now) {
  return `Answer of ${formatMoment(at, now)}: ${isOnline ? "the server cannot be reached" : "you are offline"}.`;
}

export const KEPT_TEXT = "This is the last answer to this question that this browser has kept. There may be a newer one.";
export const OFFLINE = "You are offline. Questions that you asked before open with their last answers.";

/**
 * @param {Date} at
 * @param {Date} now
 */
function formatMoment(at, now) {
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  const time = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  return `${at.getDate()} ${MONTHS[at.getMonth()]}${year} ${time}`;
}
