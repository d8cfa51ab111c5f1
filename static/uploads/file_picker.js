/** The picker of a field for files. */

/**
 * Empty a field while its picker is open, because a browser reports no change if the picker returns the path that the
 * field has. The files come back if the picker is cancelled.
 *
 * @param {HTMLInputElement} field
 */
export function takeSamePathAgain(field) {
  /** @type {FileList|null} */
  let earlier = null;
  field.addEventListener("click", () => {
    if (!field.files?.length) return; // also the second click of a double click
    earlier = copyOf(field.files);
    field.value = "";
  });
  field.addEventListener("cancel", () => {
    // A file may have been dropped while the picker was open.
    if (earlier && !field.files?.length) field.files = earlier;
  });
  field.form?.addEventListener("reset", () => (earlier = null));
}

/**
 * Copy a list of files, which a browser empties with its field.
 *
 * @param {FileList} files
 */
function copyOf(files) {
  const copy = new DataTransfer();
  for (const file of files) copy.items.add(file);
  return copy.files;
}
