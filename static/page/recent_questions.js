/** The list of recent questions below the form. */

import { NO_BREAK } from "../text/formats.js";
import { byId, element, questionLink } from "../widgets/elements.js";
import { recentQuestions } from "./browser_storage.js";

/** Show the recent questions as links. */
export function showRecentQuestions() {
  const items = recentQuestions().map((question) => {
    const item = element("li", "");
    item.append(questionLink(question, `${question.ticker}, ${question.days}${NO_BREAK}d`, "chip"));
    return item;
  });
  byId("recent-list").replaceChildren(...items);
  byId("recent").hidden = items.length === 0;
}
