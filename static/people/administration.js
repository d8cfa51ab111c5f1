/** The page of administrators: accounts and invitations. */

import { button, byId, element, table } from "../widgets/elements.js";
import { call } from "./client.js";
import { attemptLoggedIn, formatTime, onSubmit, showSecret, valueOf } from "./forms.js";

const PASS_ON = "Pass this link on to the person only. It works once, and is shown only now:";

onSubmit("invite", async () => {
  const { url } = await call("POST", "invitations", { email: valueOf("invited") || null });
  showSecret("new-link", PASS_ON, url);
  byId("invite", HTMLFormElement).reset();
  await showInvitations();
});

attemptLoggedIn(async () => {
  await showAccounts();
  await showInvitations();
});

async function showAccounts() {
  const { accounts } = await call("GET", "accounts");
  const rows = accounts.map((/** @type {any} */ each) => [
    each.email,
    [each.is_admin ? "administrator" : "person", each.disabled_at && "disabled"].filter(Boolean).join(", "),
    formatTime(each.created_at),
    actionsFor(each),
  ]);
  byId("accounts").replaceChildren(table("All accounts", ["Email address", "Role", "Created", "Action"], rows));
}

async function showInvitations() {
  const { invitations } = await call("GET", "invitations");
  const rows = invitations.map((/** @type {any} */ each) => [each.email ?? "any address", formatTime(each.expires_at)]);
  byId("invitations").replaceChildren(table("Open invitations", ["For", "Until"], rows));
}

/** @param {any} account */
function actionsFor({ id, email, is_admin: isAdmin, disabled_at: disabledAt }) {
  const change = (/** @type {object} */ body) => async () => {
    await call("PATCH", `accounts/${id}`, body);
    await showAccounts();
  };
  const cell = element("span", "");
  cell.append(
    action(disabledAt ? "Enable" : "Disable", email, change({ is_disabled: !disabledAt })),
    action(isAdmin ? "Make a person" : "Make an administrator", email, change({ is_admin: !isAdmin })),
    action("Password link", email, async () => {
      showSecret("new-link", PASS_ON, (await call("POST", `accounts/${id}:reset`)).url);
    }),
  );
  return cell;
}

/**
 * @param {string} text
 * @param {string} email the account, for those who do not see the row
 * @param {() => Promise<void>} work
 */
function action(text, email, work) {
  const made = button(text, () => attemptLoggedIn(work), "plain");
  made.setAttribute("aria-label", `${text}: ${email}`);
  return made;
}
