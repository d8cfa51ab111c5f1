/** Offers the upload of prices by a button, and by a file that is dropped. Its dialog is loaded at the first use. */

import { byId, element } from "../widgets/elements.js";
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
  } catch {
    dialog = null;
    byId("upload").after(element("span", " The upload could not be loaded. Try again.", "field-error"));
  }
}

async function load() {
  const markup = await fetchMarkup("static/uploads/upload.html");
  const [script] = await Promise.all([import("../uploads/upload_dialog.js"), loadStyles("static/styles/uploads.css")]);
  document.body.append(...markup);
  return new script.UploadDialog();
}
