/** The page's address of an analysis: that of the forecast, and the parts of the analysis. */

import { questionOf, questionQuery } from "../text/questions.js";

/**
 * Make an analysis shareable, and a step of the browser's history unless it is the same one again.
 *
 * @param {FinishedForecast} result
 * @param {[string, string][]} parts
 */
export function putIntoAddress(result, parts) {
  const query = questionQuery(questionOf(result));
  for (const [name, value] of parts) query.append(name, value);
  const address = `?${query}`;
  if (address !== location.search) history.pushState(null, "", address);
}
