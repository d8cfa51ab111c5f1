/** The page of one's own account: sessions, API tokens, the password. */

import { forgetAnswers } from "../page/browser_storage.js";
import { button, byId, element, table } from "../widgets/elements.js";
import { call } from "./client.js";
import { attempt, attemptLoggedIn, formatTime, goToProvider, onSubmit, showMessage, showSecret, valueOf } from "./forms.js";

const SHOWN_ONCE = "This is the token. It is shown only now, so store it:";
/** The scopes of tokens, with what they allow. */
const SCOPES = {
  read: "read prices, forecasts and lists",
  forecast: "ask for forecasts",
  write: "change prices and lists",
  admin: "manage accounts",
};

onClick("link", () => goToProvider({ is_link: true }));
onClick("log-out", () => logOut("sessions/present"));
onClick("log-out-everywhere", () => logOut("sessions"));

onSubmit("create-token", async () => {
  const boxes = byId("scopes").querySelectorAll("input");
  const made = await call("POST", "tokens", {
    name: valueOf("token-name"),
    scopes: [...boxes].filter((box) => box.checked).map((box) => box.value),
    expires_in_days: Number(valueOf("token-days")),
    present_password: valueOf("token-password") || null,
  });
  showSecret("new-token", SHOWN_ONCE, made.token);
  byId("create-token", HTMLFormElement).reset();
  await showTokens();
});

onSubmit("change-password", async () => {
  const [present, password] = [valueOf("present-password"), valueOf("password")];
  await call("PUT", "account/password", { present_password: present, password });
  byId("change-password", HTMLFormElement).reset();
  await showSessions();
  showMessage("The password is changed. All other sessions have ended.");
});

attemptLoggedIn(async () => {
  await showSessions();
  const { email, scopes } = await call("GET", "account");
  byId("who").textContent = email;
  byId("username", HTMLInputElement).value = email;
  byId("to-administration").hidden = !scopes.includes("admin");
  byId("scopes").append(...Object.entries(SCOPES).filter(([name]) => scopes.includes(name)).map(scopeBox));
  await showTokens();
  await showIdentities();
});

async function showIdentities() {
  const { provider } = await call("GET", "login-options");
  const { identities } = await call("GET", "identities");
  byId("linked").hidden = !provider && !identities.length;
  byId("link").hidden = !provider;
  const items = identities.map((/** @type {any} */ each) => {
    const item = element("li", `${each.subject} at ${each.issuer} `);
    item.append(remover("Remove", `identities/${each.id}`, showIdentities));
    return item;
  });
  byId("identities").replaceChildren(...items);
}

/** @param {string} path */
async function logOut(path) {
  await call("DELETE", path);
  await forgetAnswers();
  location.replace("login");
}

async function showSessions() {
  const { sessions } = await call("GET", "sessions");
  const rows = sessions.map((/** @type {any} */ each) => [
    each.user_agent || "Unknown browser",
    formatTime(each.last_seen_at),
    each.is_present ? "this one" : remover("End", `sessions/${each.id}`, showSessions),
  ]);
  byId("sessions").replaceChildren(table("Where you are logged in", ["Browser", "Last used", "Action"], rows));
}

async function showTokens() {
  const { tokens } = await call("GET", "tokens");
  const active = tokens.filter((/** @type {any} */ each) => !each.revoked_at);
  const rows = active.map((/** @type {any} */ each) => [
    `${each.name} (${each.prefix}…)`,
    each.scopes.join(", "),
    formatTime(each.expires_at),
    formatTime(each.last_used_at),
    remover("Revoke", `tokens/${each.id}`, showTokens),
  ]);
  byId("tokens").replaceChildren(table("Your tokens", ["Token", "May", "Expires", "Last used", "Action"], rows));
}

/**
 * Make a button that deletes something and shows what is left.
 *
 * @param {string} text
 * @param {string} path
 * @param {() => Promise<void>} show
 */
function remover(text, path, show) {
  return button(
    text,
    () =>
      attempt(async () => {
        await call("DELETE", path);
        await show();
      }),
    "plain",
  );
}

/** @param {string[]} scope its name and what it allows */
function scopeBox([name = "", allows = ""]) {
  const [label, box] = [element("label", ""), element("input", "")];
  box.type = "checkbox";
  box.value = name;
  box.checked = name === "read";
  label.append(box, `${name}: ${allows}`);
  return label;
}

/**
 * @param {string} id
 * @param {() => Promise<void>} work
 */
function onClick(id, work) {
  byId(id).addEventListener("click", () => attempt(work));
}
