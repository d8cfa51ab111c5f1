/* Shows the API's description; Swagger UI comes out of an installed Python package. */
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const description = document.getElementById("description");

function followScheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

/** The name of a control that Swagger UI leaves without one. */
function nameOf(control) {
  const parameter = control.closest("[data-param-name]");
  if (parameter) return parameter.dataset.paramName;
  if (control.id === "servers") return "Server";
  return control.matches("textarea") ? "Request body" : "Example";
}

/** Adds what assistive technology needs and Swagger UI leaves out. */
function complete() {
  for (const control of description.querySelectorAll("select, textarea, input")) {
    if (!control.ariaLabel && (control.id === "servers" || !control.labels?.length)) control.ariaLabel = nameOf(control);
  }
  for (const table of description.querySelectorAll("table[role=region]")) table.ariaLabel = table.id.replaceAll("_", " ");
  for (const code of description.querySelectorAll("pre")) code.tabIndex = 0;
  // A link inside a button: the button opens the operation and sets the address.
  for (const link of description.querySelectorAll("button a[href]")) link.removeAttribute("href");
  for (const [heading, level] of [["h3.opblock-tag, .models h4", "2"], [".opblock h4", "3"], [".opblock h5", "4"]]) {
    for (const one of description.querySelectorAll(heading)) one.ariaLevel = level;
  }
}

followScheme();
dark.addEventListener("change", followScheme);
new MutationObserver(complete).observe(description, { childList: true, subtree: true });
window.SwaggerUIBundle({
  url: "openapi.json",
  domNode: description,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { activated: false },
  // The page asks no other server: it shows no badge and has its description checked nowhere.
  validatorUrl: null,
});
