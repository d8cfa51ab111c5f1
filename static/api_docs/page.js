/* The page of the API's description: starts Swagger UI, and adds what assistive technology needs. */

import { at, resolved } from "./references.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const description = /** @type {HTMLElement} */ (document.getElementById("description"));

function applyColourScheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

/**
 * Return a name for a control without a label.
 *
 * @param {Element} control
 */
function nameOf(control) {
  const parameter = control.closest("[data-param-name]");
  if (parameter instanceof HTMLElement) return parameter.dataset.paramName ?? "";
  if (control.id === "servers") return "Server";
  return control.matches("textarea") ? "Request body" : "Example";
}

/**
 * @param {HTMLSelectElement|HTMLTextAreaElement|HTMLInputElement} control
 */
function nameControl(control) {
  if (control.ariaLabel) return;
  if (control.id === "servers" || !control.labels?.length) control.ariaLabel = nameOf(control);
}

/** Add names, levels and tab stops that Swagger UI leaves out. */
function completeAccessibility() {
  for (const name of /** @type {const} */ (["select", "textarea", "input"])) description.querySelectorAll(name).forEach(nameControl);
  for (const table of description.querySelectorAll("table[role=region]")) table.ariaLabel = table.id.replaceAll("_", " ");
  for (const code of description.querySelectorAll("pre")) code.tabIndex = 0;
  // A link inside a button is invalid, and the button does the same.
  for (const link of description.querySelectorAll("button a[href]")) link.removeAttribute("href");
  const levels = { "h3.opblock-tag, .models h4": "2", ".opblock h4": "3", ".opblock h5": "4" };
  for (const [headings, level] of Object.entries(levels)) {
    for (const heading of description.querySelectorAll(headings)) heading.ariaLevel = level;
  }
}

/** Replaces parts of Swagger UI that take seconds for a description of a megabyte: its parser reads it as YAML, of which JSON is a part. */
const fasterParts = {
  statePlugins: {
    spec: {
      wrapActions: {
        parseToJson: (/** @type {unknown} */ _, /** @type {any} */ { specActions }) => (/** @type {string} */ text) =>
          specActions.updateJsonSpec(JSON.parse(text)),
      },
    },
  },
  fn: {
    resolveSubtree: async (/** @type {any} */ whole, /** @type {string[]} */ path) => ({
      spec: resolved(at(whole, path), whole),
      errors: [],
    }),
  },
};

applyColourScheme();
dark.addEventListener("change", applyColourScheme);
new MutationObserver(completeAccessibility).observe(description, { childList: true, subtree: true });
window.SwaggerUIBundle({
  url: "openapi.json",
  domNode: description,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { activated: false },
  // The validator is another site, which the page must not call.
  validatorUrl: null,
  plugins: [fasterParts],
});
