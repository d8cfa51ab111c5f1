/** The page of the track record: reads the API, and shows sentences, pictures and tables. */

import { ApiError, call } from "../api/exchange.js";
import { explainFailure } from "../text/failures.js";
import { byId, table } from "../widgets/elements.js";
import { basis, comparison, coverageRows, figureHeading, headline, missRow, monthRows, monthsReach, monthsWithFigures, monthsWords, pitRows, scoreRows } from "./words.js";

const FIELDS = ["kind", "ticker", "horizon", "model", "start", "end"];
const SIZE = 200;
const MONTH_HEADS = ["Month", "Difference", "Scored"];
const MISS_HEADS = ["Stock", "Horizon", "Made on", "For", "Forecast", "Actual", "Off by"];

/** Read the selection of the address into the form, and return it as a query of the API. */
function selection() {
  const asked = new URLSearchParams(location.search);
  const query = new URLSearchParams();
  for (const name of FIELDS) {
    const field = document.forms[0]?.elements.namedItem(name);
    const value = asked.get(name)?.trim() ?? "";
    if (!value || !(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    field.value = name === "horizon" ? groupOf(field, value) : value;
    query.set(name, value);
  }
  return query;
}

/**
 * Return the value of the option for a horizon: the last day of its group.
 *
 * @param {HTMLInputElement|HTMLSelectElement} field
 * @param {string} horizon
 */
function groupOf(field, horizon) {
  const options = field instanceof HTMLSelectElement ? [...field.options] : [];
  return options.find(({ value }) => Number(value) >= Number(horizon))?.value ?? "";
}

/** @param {URLSearchParams} query */
function showExport(query) {
  if (query.size === 0) return;
  if (!query.has("kind")) query.set("kind", "live");
  const link = byId("export", HTMLAnchorElement);
  link.search = String(query);
  link.textContent = "The selected entries as CSV";
}

/**
 * @param {string} path
 * @param {URLSearchParams} query
 */
function read(path, query) {
  return call(`track-record${path}?${query}`, { cache: "default" });
}

/**
 * @param {string} name
 * @param {Record<string, string|number>} attributes
 */
function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}

/**
 * @param {string} id
 * @throws {TypeError} if the page has no such picture
 */
function picture(id) {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`the page has no such picture: ${id}`);
  return found;
}

/** @param {TrackRecord} record */
function showReliability({ coverage }) {
  const points = coverage.map(({ level, fraction }) =>
    shape("circle", { class: "seen", cx: SIZE * level, cy: SIZE * (1 - (fraction ?? 0)), r: 5 }),
  );
  const frame = shape("line", { x1: 0, y1: SIZE, x2: SIZE, y2: SIZE });
  const diagonal = shape("line", { class: "even", x1: 0, y1: SIZE, x2: SIZE, y2: 0 });
  picture("reliability").replaceChildren(frame, diagonal, ...points);
}

/** @param {number[]} pit */
function showPit(pit) {
  const [width, height] = [SIZE / pit.length, SIZE / 2];
  const most = Math.max(...pit, 1);
  const even = height * (1 - pit.reduce((sum, count) => sum + count, 0) / pit.length / most);
  const bars = pit.map((count, tenth) => {
    const tall = (height * count) / most;
    return shape("rect", { class: "count", x: tenth * width + 1, y: height - tall, width: width - 2, height: tall });
  });
  picture("pit").replaceChildren(...bars, shape("line", { class: "even", x1: 0, y1: even, x2: SIZE, y2: even }));
}

/** @param {TrackRecord["months"]} months */
function showMonths(months) {
  const reach = monthsReach(months);
  byId("by-month").hidden = reach === 0;
  if (reach === 0) return;
  const shown = monthsWithFigures(months);
  const [width, middle] = [SIZE / shown.length, SIZE / 4];
  const marks = shown.flatMap(({ crps_difference: difference, standard_error: error }, index) => {
    if (difference === null) return [];
    const x = (index + 0.5) * width;
    const y = (/** @type {number} */ value) => middle * (1 - value / reach);
    const point = shape("circle", { class: "seen", cx: x, cy: y(difference), r: Math.min(3, width / 2) });
    if (error === null) return [point];
    return [shape("line", { class: "error", x1: x, y1: y(difference - 2 * error), x2: x, y2: y(difference + 2 * error) }), point];
  });
  picture("months").replaceChildren(shape("line", { class: "even", x1: 0, y1: middle, x2: SIZE, y2: middle }), ...marks);
  byId("months-words").textContent = monthsWords(shown, reach);
  byId("months-table").replaceChildren(table("Difference ± two standard errors", MONTH_HEADS, monthRows(months)));
}

/** @param {TrackRecord} record */
function showRecord(record) {
  byId("headline").textContent = headline(record);
  byId("basis").textContent = basis(record);
  for (const heading of document.querySelectorAll("h2:not(#headline)")) {
    heading.textContent = figureHeading(heading.textContent ?? "", record.kind);
  }
  byId("figures").hidden = !record.is_enough;
  if (!record.is_enough) return;
  showReliability(record);
  byId("coverage-table").replaceChildren(table("Ranges", ["Stated", "Seen", "Closes inside"], coverageRows(record)));
  byId("pit-words").textContent = "The bars are even where the stated probabilities are right.";
  showPit(record.pit);
  byId("pit-table").replaceChildren(table("Closes by stated probability", ["Probability", "Closes"], pitRows(record.pit)));
  byId("comparison").textContent = comparison(record);
  byId("scores-table").replaceChildren(table("Mean errors, lower is better", ["Error of", "Forecasts", "Last price"], scoreRows(record)));
  showMonths(record.months);
}

/** @param {RecordedForecast[]} misses */
function showMisses(misses) {
  byId("misses").hidden = misses.length === 0;
  byId("misses-table").replaceChildren(table("By error in percent of the last close", MISS_HEADS, misses.map(missRow)));
}

try {
  const query = selection();
  showExport(new URLSearchParams(query));
  const [record, misses] = await Promise.all([read("", query), read("/misses", query)]);
  showRecord(record);
  showMisses(misses.forecasts);
} catch (failure) {
  byId("headline").textContent = "The track record cannot be shown.";
  if (!(failure instanceof ApiError)) throw failure;
  byId("failure").textContent = explainFailure(failure);
}
