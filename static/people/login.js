/** The page on which people log in. */

import { byId } from "../widgets/elements.js";
import { call, takeLinkSecret } from "./client.js";
import { attempt, enter, offerProvider, onSubmit, showMessage, valueOf } from "./forms.js";

onSubmit("login", async () => {
  await call("POST", "sessions", { email: valueOf("email"), password: valueOf("password") });
  // The address keeps the question of the page that needed the login.
  await enter(location.search);
});

const reason = takeLinkSecret();
/** Why a login at the provider led to no session. */
const REASONS = new Map([
  ["refused", "The login at the provider was refused. Try again."],
  ["no_account", "There is no account for you here. Ask the administrator of this server for an invitation."],
  ["known_address", "There is an account with your email address. Log in with its password, then link the provider."],
  ["other_account", "This identity belongs to another account."],
  ["disabled", "This account is disabled. Ask an administrator of this server."],
]);

attempt(async () => {
  const { registration, has_mail: hasMail, provider } = await call("GET", "login-options");
  showMessage(REASONS.get(reason) ?? "");
  if (provider) offerProvider(provider, { is_link: false });
  byId("forgot").hidden = !hasMail;
  byId("new-here").hidden = registration !== "open";
});
