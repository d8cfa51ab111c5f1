/** Tables whose rows become blocks on a narrow screen. */

/**
 * Give each cell the name of its column, which a narrow screen shows beside the cell.
 *
 * @param {HTMLTableElement} made
 * @param {string[]} heads
 */
export function labelled(made, heads) {
  made.classList.add("stacking");
  for (const row of made.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, at) => {
      cell.dataset.label = heads[at];
    });
  }
  return made;
}
