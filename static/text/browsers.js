/** The name of a browser. Pure functions. */

/** The first one that is found counts: Edge also calls itself Chrome, and Chrome also Safari. */
const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR", "Opera"],
  ["Firefox", "Firefox"],
  ["Chrome", "Chrome"],
  ["Safari", "Safari"],
];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "Mac"],
  ["Linux", "Linux"],
];

/**
 * Return a name such as "Firefox on Windows".
 *
 * @param {string} userAgent
 */
export function browserName(userAgent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find(([mark = ""]) => userAgent.includes(mark))?.[1]);
  return [browser ?? "Browser", system].filter(Boolean).join(" on ");
}
