/** One pattern of a search: what followed it beside what usually follows, and a gallery of its hits. */

import { labelled } from "../analyses/stacking_table.js";
import { NO_BREAK, formatChange, formatShare } from "../text/formats.js";
import {
  closenessText,
  differenceWithInterval,
  followedPairs,
  foundName,
  foundTitle,
  hitDates,
  hitsTitle,
  movesText,
  patternVerdict,
} from "../text/patterns.js";
import { button, element, table, terms } from "../widgets/elements.js";
import { hitDrawing, movesBar } from "./drawings.js";

const HITS_AT_ONCE = 12;
/** The hits that are shown first of each of several patterns. */
const HITS_OF_SEVERAL = 4;
const BAR_WORDS = "The box holds half of the moves, the line 90 %. The mark is the median, the dotted line no move.";
const COUNT_WORDS =
  "Apart are the hits of one stock that are at least so many days from one another. Dates are the distinct days of all hits.";
const HEADS = ["After", "Hits", "Apart", "Dates", "Mean move", "Usual", "Difference (95 %)", "Gains", "Usual gains", "Verdict"];

/**
 * Make the section of a pattern.
 *
 * @param {PatternFound} found
 * @param {PatternSearch} search
 */
export function foundSection(found, { horizons, levels, patterns }) {
  const section = element("section", "", "found");
  section.append(element("h3", foundTitle(found)), element("p", found.summary.replaceAll(" %", `${NO_BREAK}%`), "prose"));
  const known = found.followed.filter(({ after }) => after);
  if (known.length) section.append(element("h4", "What followed"), bars(known, levels), outcomeTable(known), element("p", COUNT_WORDS, "hint"));
  if (found.hits.length) section.append(element("h4", hitsTitle(found)), ...gallery(found, horizons, patterns.length > 1 ? HITS_OF_SEVERAL : HITS_AT_ONCE));
  return section;
}

/**
 * Make the table of all patterns of a search with their verdicts.
 *
 * @param {PatternSearch} search
 */
export function overviewTable({ patterns, horizons }) {
  const heads = ["Pattern", "Hits", ...horizons.map((days) => `After ${days} days`)];
  const rows = patterns.map((found) => {
    const verdicts = found.followed.map(({ verdict }) => element("span", patternVerdict(verdict), `verdict ${verdict}`));
    return [foundName(found), String(found.total), ...verdicts];
  });
  return labelled(table("The patterns of this search", heads, rows), heads);
}

/**
 * The distributions after the hits and after all other days, side by side for each horizon.
 *
 * @param {Followed[]} known
 * @param {number[]} levels
 */
function bars(known, levels) {
  const all = element("div", "", "moves");
  for (const { days, after, usual, verdict } of known) {
    if (!after || !usual) continue;
    const moves = [...after.quantiles_pct, ...usual.quantiles_pct, 0];
    const [lowest, highest] = [Math.min(...moves), Math.max(...moves)];
    const one = element("section", "", "horizon");
    one.append(element("h5", `${days} trading days: ${patternVerdict(verdict)}`));
    for (const [name, each] of /** @type {[string, Moves][]} */ ([["After the pattern", after], ["Other days", usual]])) {
      const row = element("div", "", name === "Other days" ? "moves-row usual" : "moves-row");
      const description = movesText(name, each, levels);
      row.append(element("span", name), movesBar(each, levels, [lowest, highest], description));
      one.append(row);
    }
    const ends = element("p", "", "ends");
    ends.append(element("span", formatChange(lowest)), element("span", formatChange(highest)));
    one.append(ends);
    all.append(one);
  }
  all.append(element("p", BAR_WORDS, "hint"));
  return all;
}

/** @param {Followed[]} known */
function outcomeTable(known) {
  const rows = known.map((followed) => {
    const { days, hits, non_overlapping: apart, dates, after, usual, verdict } = followed;
    return [
      `${days} days`,
      String(hits),
      String(apart),
      String(dates),
      after ? formatChange(after.mean_pct) : "–",
      usual ? formatChange(usual.mean_pct) : "–",
      differenceWithInterval(followed),
      after ? formatShare(after.chance_of_gain) : "–",
      usual ? formatShare(usual.chance_of_gain) : "–",
      element("span", patternVerdict(verdict), `verdict ${verdict}`),
    ];
  });
  return labelled(table("Moves after the hits, and after all other days of the same stocks", HEADS, rows), HEADS);
}

/**
 * @param {PatternFound} found
 * @param {number[]} horizons
 * @param {number} first the hits that are shown first
 */
function gallery({ hits }, horizons, first) {
  const list = element("ul", "", "gallery");
  const days = Math.max(...hits.map(({ chart }) => chart.closes.length - 1 - chart.known));
  const showMore = () => {
    const shown = list.children.length;
    list.append(...hits.slice(shown, shown + (shown ? HITS_AT_ONCE : first)).map((hit) => hitCard(hit, horizons, days)));
    more.hidden = list.children.length >= hits.length;
    // The next step of a keyboard begins at the first hit that is new.
    const next = list.children[shown];
    if (shown && next instanceof HTMLElement) next.focus();
  };
  const more = button("Show more", showMore, "plain");
  showMore();
  return [list, more];
}

/**
 * @param {Hit} hit
 * @param {number[]} horizons
 * @param {number} days
 */
function hitCard(hit, horizons, days) {
  const card = element("li", "");
  card.tabIndex = -1;
  const name = element("p", "", "hit-name");
  name.append(element("strong", hit.ticker), ` ${hitDates(hit)}`);
  const closeness = closenessText(hit);
  const followed = element("dl", "", "followed");
  followed.append(...terms(followedPairs(hit, horizons)));
  card.append(name, hitDrawing(hit.chart, days), ...(closeness ? [element("p", closeness, "hint")] : []), followed);
  return card;
}
