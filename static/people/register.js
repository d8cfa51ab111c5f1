/** The page on which people register. */

import { byId } from "../widgets/elements.js";
import { call, takeLinkSecret } from "./client.js";
import { attempt, enter, offerProvider, onSubmit, showMessage, valueOf } from "./forms.js";

const NEEDS_LINK = "Registration on this server needs a link. Ask its administrator for an invitation.";
const MAY_HAVE_ACCOUNT = "You could not be logged in. If you have an account already, log in with its password.";
const secret = takeLinkSecret();

onSubmit("ask-link", async () => {
  await call("POST", "registrations", { email: valueOf("mail-address") });
  byId("ask-link").hidden = true;
  showMessage("A mail with a link is on its way.");
});

onSubmit("register", async () => {
  const login = { email: valueOf("email"), password: valueOf("password") };
  await call("POST", "accounts", { ...login, secret: secret || null });
  const isLoggedIn = await call("POST", "sessions", login).then(
    () => true,
    () => false,
  );
  if (isLoggedIn) await enter();
  else showMessage(MAY_HAVE_ACCOUNT);
});

attempt(async () => {
  const { registration, has_mail: hasMail, provider } = await call("GET", "login-options");
  if (provider && (secret || registration === "open")) offerProvider(provider, { is_link: false, ...(secret && { secret }) });
  if (secret || (registration === "open" && !hasMail)) byId("register").hidden = false;
  else if (registration === "open") byId("ask-link").hidden = false;
  else showMessage(NEEDS_LINK);
});
