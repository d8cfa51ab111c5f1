/** The entries of the lists of alerts: two lines of words, and buttons. */

import { button, element } from "../widgets/elements.js";

/** @typedef {[text: string, label: string, onClick: () => void]} Control */

/**
 * Make an entry with its controls.
 *
 * @param {string} title
 * @param {string} detail
 * @param {Control[]} controls
 */
export function entry(title, detail, controls) {
  const words = element("div", "");
  words.append(element("p", title), element("small", detail));
  const buttons = controls.map(([text, label, onClick]) => {
    const made = button(text, onClick, "chip");
    made.setAttribute("aria-label", label);
    return made;
  });
  const made = element("li", "");
  made.append(words, ...buttons);
  return made;
}
