/** Offers the upload of prices by a button, and by a file that is dropped. Its dialog is loaded at the first use. */

import { byId, element } from "../widgets/elements.js";
import { ScriptError, loadScript, reloadOffer } from "../widgets/late_script.js";
import { fetchMarkup, loadStyles } from "./late_panel.js";

/** @import { UploadDialog } from "../uploads/upload_dialog.js" */

/** @type {Promise<UploadDialog>|null} */
let dialog = null;

export function offerUploads() {
  byId("upload").addEventListener("click", () => open(null));
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    open(files);
  });
}

/** @param {FileList|null} files */
async function open(files) {
  byId("upload").nextElementSibling?.remove();
  try {
    dialog ??= load();
    (await dialog).open(files);
  } catch (error) {
    dialog = null;
    byId("upload").nextElementSibling?.remove(); // that of a second press before the first one failed
    const [what, problem] = [" The upload could not be loaded.", element("span", "", "field-error")];
    problem.append(...(error instanceof ScriptError ? reloadOffer(what) : [`${what} Try again.`]));
    problem.setAttribute("role", "alert");
    byId("upload").after(problem);
    // A file can be dropped anywhere on the page.
    problem.scrollIntoView({ block: "nearest" });
  }
}

async function load() {
  const markup = await fetchMarkup("static/uploads/upload.html");
  const loading = loadScript(() => import("../uploads/upload_dialog.js"));
  const [script] = await Promise.all([loading, loadStyles("static/styles/uploads.css")]);
  document.body.append(...markup);
  return new script.UploadDialog();
}
