import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_UPLOAD_BYTES, fileProblem, rowsCaption, tickerOfFile, uploadProblem, uploadWords } from "../../../static/uploads/words.js";
import { plain } from "./plain.js";

const PROBLEM = { code: "busy", detail: "", retryAfterS: null, faulty: 0, rows: [] };
const UPLOAD = { read: 3, added: 2, changed: 1, faulty: 0, rows: [], notes: ["The text at the end was left out."] };

test("a ticker is suggested by the name of the file", () => {
  assert.equal(tickerOfFile("my fund (1).csv"), "MY-FUND-1");
  assert.equal(tickerOfFile("AAPL.csv"), "AAPL");
  assert.equal(tickerOfFile("--x.tar.gz"), "X-TAR");
  assert.equal(tickerOfFile("…"), "");
  assert.equal(tickerOfFile(`${"a".repeat(23)} b.csv`), "A".repeat(23));
});

test("a file that cannot be uploaded is refused before it is sent", () => {
  assert.equal(fileProblem([]), "Choose a file.");
  assert.equal(fileProblem([{ size: 0 }]), "The file is empty.");
  assert.equal(fileProblem([{ size: MAX_UPLOAD_BYTES }]), "");
  assert.match(fileProblem([{ size: MAX_UPLOAD_BYTES + 1 }]), /16 MiB/);
});

test("several files are refused, whatever their sizes are", () => {
  assert.match(fileProblem([{ size: 1 }, { size: 1 }]), /^Only one file at a time can be uploaded/);
  assert.match(fileProblem([{ size: 0 }, { size: 1 }]), /^Only one file at a time can be uploaded/);
});

test("a question of the server names the field that answers it", () => {
  const detail = "The dates can be read in several orders, such as 01/02/2024. Send date_order=dmy or date_order=mdy.";
  assert.equal(
    uploadProblem({ ...PROBLEM, code: "ambiguous_dates", detail }),
    "The dates can be read in several orders, such as 01/02/2024. Choose the order in the field “Dates”.",
  );
  assert.equal(
    uploadProblem({ ...PROBLEM, code: "ambiguous_numbers", detail: "1.234 …. Send decimal=point." }),
    "1.234 …. Choose the mark in the field “Decimal mark”.",
  );
});

test("faulty rows are counted, and other problems keep the server's sentence", () => {
  assert.match(uploadProblem({ ...PROBLEM, code: "invalid_rows", faulty: 1 }), /^1 row cannot be stored, so nothing was/);
  assert.match(uploadProblem({ ...PROBLEM, code: "invalid_rows", faulty: 2 }), /^2 rows cannot/);
  assert.equal(uploadProblem({ ...PROBLEM, code: "source_conflict", detail: "Remove them." }), "Remove them.");
  assert.equal(rowsCaption(1, 1), "1 faulty row");
  assert.equal(rowsCaption(90, 50), "The first 50 of 90 faulty rows");
});

test("a stored file is described by its days and notes", () => {
  const stored = { ticker: "MY-FUND", rows: 80, first: "2024-01-01", last: "2024-04-20", upload: UPLOAD };
  assert.deepEqual(uploadWords(stored).map(plain), [
    "MY-FUND now has 80 days, 1 Jan 2024 to 20 Apr 2024.",
    "2 days are new.",
    "1 day changed.",
    "The text at the end was left out.",
  ]);
});
