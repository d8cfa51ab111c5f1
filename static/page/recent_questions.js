/** The list of recent questions below the form. */

import { questionName } from "../text/questions.js";
import { byId, element, questionLink } from "../widgets/elements.js";
import { recentQuestions } from "./browser_storage.js";

/** Show the recent questions as links. */
export function showRecentQuestions() {
  const items = recentQuestions().map((question) => {
    const item = element("li", "");
    item.append(questionLink(question, questionName(question), "chip"));
    return item;
  });
  byId("recent-list").replaceChildren(...items);
  byId("recent").hidden = items.length === 0;
}
