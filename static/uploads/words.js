/** The words of an upload. Pure functions. */

import { explainFailure } from "../text/failures.js";
import { formatShortDate } from "../text/formats.js";

/** @import { UploadProblem } from "./client.js" */

export const MAX_UPLOAD_BYTES = 16 * 1024 * 1024;
export const UNREADABLE_FILE = "The file has changed or cannot be read. Choose it again.";
const LONGEST_TICKER = 24;

/**
 * Return a ticker for a file by its name, or "" if the name has no letter or digit.
 *
 * @param {string} name
 */
export function tickerOfFile(name) {
  const stem = name.replace(/\.[^.]*$/, "").toUpperCase();
  return stem.replace(/[^A-Z0-9]+/g, "-").replace(/^-+/, "").slice(0, LONGEST_TICKER).replace(/-+$/, "");
}

/**
 * Return the problem with the chosen files before one is sent, or "".
 *
 * @param {ArrayLike<{size: number}>|null} files
 */
export function fileProblem(files) {
  const file = files?.[0];
  if (!files || !file) return "Choose a file.";
  if (files.length > 1) return "Only one file at a time can be uploaded. Choose or drop one file.";
  if (file.size === 0) return "The file is empty.";
  return file.size > MAX_UPLOAD_BYTES ? "The file is longer than 16 MiB." : "";
}

/**
 * Return the words of a refused upload.
 *
 * @param {UploadProblem} problem
 */
export function uploadProblem(problem) {
  if (problem.code === "ambiguous_dates") return `${before(problem.detail, " Send ")} Choose the order in the field “Dates”.`;
  if (problem.code === "ambiguous_numbers") return `${before(problem.detail, " Send ")} Choose the mark in the field “Decimal mark”.`;
  if (problem.code === "invalid_rows") {
    return `${count(problem.faulty, "row")} cannot be stored, so nothing was stored. Correct the file, or leave these rows out.`;
  }
  return explainFailure(problem);
}

/**
 * Return the sentences on a stored file.
 *
 * @param {StoredUpload} stored
 */
export function uploadWords({ ticker, rows, first, last, upload }) {
  const added = upload.added ? [`${count(upload.added, "day")} ${upload.added === 1 ? "is" : "are"} new.`] : [];
  const changed = upload.changed ? [`${count(upload.changed, "day")} changed.`] : [];
  return [
    `${ticker} now has ${count(rows, "day")}, ${formatShortDate(first)} to ${formatShortDate(last)}.`,
    ...added,
    ...changed,
    ...upload.notes,
  ];
}

/**
 * Return the caption of a table of faulty rows.
 *
 * @param {number} faulty
 * @param {number} listed
 */
export function rowsCaption(faulty, listed) {
  return listed < faulty ? `The first ${listed} of ${faulty} faulty rows` : count(faulty, "faulty row");
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

/**
 * @param {string} text
 * @param {string} mark
 */
function before(text, mark) {
  return text.split(mark)[0];
}
