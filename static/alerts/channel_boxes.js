/** The boxes with which a person chooses the channels of an alert. */

import { element } from "../widgets/elements.js";

/**
 * Show a box for each channel.
 *
 * @param {HTMLElement} place
 * @param {Channel[]} channels
 * @param {(id: string) => boolean} isChosen
 */
export function showChannelBoxes(place, channels, isChosen) {
  place.replaceChildren(...channels.map((channel) => channelBox(channel, isChosen(channel.id))));
}

/**
 * Return the ids of the chosen channels.
 *
 * @param {HTMLElement} place
 */
export function chosenChannels(place) {
  return [...place.querySelectorAll("input")].filter(({ checked }) => checked).map(({ value }) => value);
}

/**
 * @param {Channel} channel
 * @param {boolean} checked
 */
function channelBox({ id, name, target }, checked) {
  const [label, box] = [element("label", "", "choice"), element("input", "")];
  Object.assign(box, { type: "checkbox", value: id, checked });
  label.append(box, ` ${name} (${target})`);
  return label;
}
