/** What the table of the board shows: its filters and its order, as a query of the API. Pure functions. */

/**
 * @typedef {object} Selection
 * @property {string} text the beginning of a ticker, or a part of a name
 * @property {string} sector "" for all
 * @property {string[]} presets ids of the filters that are on
 * @property {string} sort a column, or its size as in "abs(usual_moves)"
 * @property {boolean} isDescending
 */

/** @typedef {{id: string, label: string, filter: string, excludes?: string}} Preset */

/** @type {Preset[]} */
export const PRESETS = [
  { id: "moved", label: "Moved more than 2 usual moves", filter: "usual_moves>2" },
  { id: "broken", label: "Closed outside its range", filter: "day_range_broken!=null" },
  { id: "nervous", label: "Volatility percentile above 90", filter: "volatility_percentile>90", excludes: "calm" },
  { id: "calm", label: "Volatility percentile below 10", filter: "volatility_percentile<10", excludes: "nervous" },
  { id: "fresh", label: "Without old prices", filter: "stale=false" },
];
/** @type {Selection} */
export const USUAL_SELECTION = { text: "", sector: "", presets: [], sort: "abs(usual_moves)", isDescending: true };

/**
 * Return the query of the API for a page of the table.
 *
 * @param {Selection} selection
 * @param {{limit?: number, cursor?: string|null}} [page]
 */
export function queryOf({ text, sector, presets, sort, isDescending }, { limit, cursor } = {}) {
  const query = new URLSearchParams();
  if (text.trim()) query.set("q", text.trim());
  if (sector) query.append("filter", `sector=${sector}`);
  for (const { id, filter } of PRESETS) if (presets.includes(id)) query.append("filter", filter);
  query.set("sort", `${isDescending ? "-" : ""}${sort}`);
  if (limit) query.set("limit", String(limit));
  if (cursor) query.set("cursor", cursor);
  return query;
}

/**
 * Return the presets after one was pressed: it is on or off, and one that it excludes is off.
 *
 * @param {string[]} presets
 * @param {string} id
 */
export function pressPreset(presets, id) {
  if (presets.includes(id)) return presets.filter((each) => each !== id);
  const excluded = PRESETS.find((each) => each.id === id)?.excludes;
  return [...presets.filter((each) => each !== excluded), id];
}

/**
 * Return the selection after the head of a column was pressed: sorted by it, or the other way round.
 *
 * @param {Selection} selection
 * @param {{sort: string, isDescending: boolean}} column with its usual direction
 * @returns {Selection}
 */
export function pressColumn(selection, { sort, isDescending }) {
  return { ...selection, sort, isDescending: selection.sort === sort ? !selection.isDescending : isDescending };
}

/**
 * Return a selection that was stored, with the usual values in place of others.
 *
 * @param {any} stored
 * @param {string[]} sorts the columns of the table
 * @returns {Selection}
 */
export function readSelection(stored, sorts) {
  const { text, sector, presets, sort, isDescending } = { ...USUAL_SELECTION, ...stored };
  const known = sorts.includes(sort) && typeof isDescending === "boolean";
  return {
    text: String(text),
    sector: String(sector),
    presets: PRESETS.map(({ id }) => id).filter((id) => Array.isArray(presets) && presets.includes(id)),
    sort: known ? sort : USUAL_SELECTION.sort,
    isDescending: known ? isDescending : USUAL_SELECTION.isDescending,
  };
}
