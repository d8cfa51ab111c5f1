/** Pieces of the page, made of plain values; text is always text, never markup. */

/** @param {string} name @param {string} words @returns {HTMLElement} */
export function element(name, words) {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}

/**
 * A table; its first column heads the rows.
 *
 * @param {string} caption @param {string[]} heads @param {(string|Node)[][]} rows
 */
export function table(caption, heads, rows) {
  const made = document.createElement("table");
  const top = document.createElement("thead");
  const headRow = document.createElement("tr");
  headRow.append(...heads.map((words) => scoped("col", words)));
  top.append(headRow);
  const body = document.createElement("tbody");
  body.append(...rows.map(rowOf));
  made.append(element("caption", caption), top, body);
  return made;
}

/**
 * The groups of a description list, each a term with one or more descriptions.
 *
 * @param {string[][]} groups @returns {HTMLElement[]}
 */
export function terms(groups) {
  return groups.map(([term, ...descriptions]) => {
    const group = document.createElement("div");
    group.append(element("dt", term), ...descriptions.map((words) => element("dd", words)));
    return group;
  });
}

/** @param {string} address @param {string} words */
export function link(address, words) {
  const made = element("a", words);
  made.href = address;
  return made;
}

function rowOf([first, ...others]) {
  const row = document.createElement("tr");
  row.append(scoped("row", first), ...others.map(cell));
  return row;
}

function scoped(scope, content) {
  const made = document.createElement("th");
  made.scope = scope;
  made.append(content);
  return made;
}

function cell(content) {
  const made = document.createElement("td");
  made.append(content);
  return made;
}
