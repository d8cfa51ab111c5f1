/** The page on which people set a new password by a link. */

import { byId } from "../widgets/elements.js";
import { call, takeLinkSecret } from "./client.js";
import { attempt, onSubmit, showMessage, valueOf } from "./forms.js";

const secret = takeLinkSecret();

onSubmit("ask-link", async () => {
  await call("POST", "password-resets", { email: valueOf("email") });
  byId("ask-link").hidden = true;
  showMessage("If there is an account with this address, a mail is on its way.");
});

onSubmit("reset", async () => {
  await call("POST", "password-resets:use", { secret, password: valueOf("password") });
  byId("reset").hidden = true;
  showMessage("The password is set. Log in with it.");
});

attempt(async () => {
  const { has_mail: hasMail } = await call("GET", "login-options");
  if (secret) byId("reset").hidden = false;
  else if (hasMail) byId("ask-link").hidden = false;
  else showMessage("This server sends no mails. Ask its administrator for a link.");
});
