/** Client of the API's accounts. */

const UNREACHABLE = "The server cannot be reached. Check that you are online, then try again.";
const FAILED = "Something went wrong. Try again later.";
const UNAUTHENTICATED = 401;

/** A call that failed. Its message is for people. */
export class CallFailed extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 without an answer
   */
  constructor(message, status) {
    super(message);
    this.name = "CallFailed";
    this.status = status;
  }

  /** Whether nobody is logged in. */
  get needsLogin() {
    return this.status === UNAUTHENTICATED;
  }
}

/**
 * Call the API.
 *
 * @param {string} method
 * @param {string} path below `api/v1/`
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON; null if it has none
 * @throws {CallFailed}
 */
export async function call(method, path, body) {
  const response = await fetch(`api/v1/${path}`, {
    method,
    cache: "no-store",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw new CallFailed(UNREACHABLE, 0);
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new CallFailed(answer?.detail ?? FAILED, response.status);
  return answer;
}

/** Return the part of the address behind `#`, which no server sees, and remove it from the address. */
export function takeLinkSecret() {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  return secret;
}
