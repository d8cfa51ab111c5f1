/** Forms and messages of the pages of accounts. */

import { ApiError } from "../api/exchange.js";
import { forgetAnswers } from "../page/browser_storage.js";
import { explainFailure } from "../text/failures.js";
import { button, byId } from "../widgets/elements.js";
import { call } from "./client.js";

const UNAUTHENTICATED = 401;

/**
 * Show a message. An empty one removes it.
 *
 * @param {string} text
 */
export function showMessage(text) {
  byId("message").textContent = text;
}

/**
 * Return the text in a field.
 *
 * @param {string} id
 */
export function valueOf(id) {
  return byId(id, HTMLInputElement).value;
}

/**
 * Call `send` when a form is submitted. A failure is shown.
 *
 * @param {string} id
 * @param {() => Promise<void>} send
 */
export function onSubmit(id, send) {
  const form = byId(id, HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(send, form.querySelector("button"));
  });
}

/**
 * Do something that may fail. Meanwhile its button does nothing.
 *
 * @param {() => Promise<void>} send
 * @param {HTMLButtonElement|null} [pressed]
 */
export async function attempt(send, pressed) {
  if (pressed) pressed.disabled = true;
  try {
    showMessage("");
    await send();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showMessage(explainFailure(error));
  } finally {
    if (pressed) pressed.disabled = false;
  }
}

/**
 * Open the page after a login. The answers that this browser keeps may be those of another account.
 *
 * @param {string} [question] the query of its address
 */
export async function enter(question = "") {
  await forgetAnswers();
  location.replace(`./${question}`);
}

/**
 * Do something that needs a login. Without one, as after a session that was ended elsewhere, go to the page on which
 * people log in.
 *
 * @param {() => Promise<void>} send
 */
export function attemptLoggedIn(send) {
  return attempt(async () => {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof ApiError && error.status === UNAUTHENTICATED)) throw error;
      await forgetAnswers();
      location.replace("login");
    }
  });
}

/**
 * Return a time as people write it.
 *
 * @param {string|null} time
 */
export function formatTime(time) {
  return time ? new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "never";
}

/**
 * Offer to log in at the identity provider.
 *
 * @param {string} provider its host name
 * @param {{is_link: boolean, secret?: string}} login
 */
export function offerProvider(provider, login) {
  const offer = button(`Log in with ${provider}`, () => attempt(() => goToProvider(login)), "plain");
  byId("provider").replaceChildren(offer);
  byId("provider").hidden = false;
}

/**
 * Go to the identity provider.
 *
 * @param {{is_link: boolean, secret?: string}} login
 */
export async function goToProvider(login) {
  const { url } = await call("POST", "provider-logins", login);
  // The provider leads to the page itself.
  await forgetAnswers();
  location.assign(url);
}

/**
 * Show a secret once.
 *
 * @param {string} id
 * @param {string} explanation
 * @param {string} secret
 */
export function showSecret(id, explanation, secret) {
  const [text, code] = [document.createElement("p"), document.createElement("code")];
  text.textContent = explanation;
  code.textContent = secret;
  byId(id).replaceChildren(text, code);
  byId(id).hidden = false;
}
