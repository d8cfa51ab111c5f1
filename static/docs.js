/* Shows the API's description; Swagger UI comes out of an installed Python package. */
window.SwaggerUIBundle({
  url: "openapi.json",
  domNode: document.getElementById("description"),
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Nothing is asked of anybody else: neither a badge nor a check of the description.
  validatorUrl: null,
});
