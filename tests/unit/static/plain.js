/** Replaces no-break spaces, so that expected texts can be typed. */
export function plain(text) {
  return text.replaceAll("\u00a0", " ");
}
