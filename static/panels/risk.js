/** The risk panel: losses, chances and volatility in words, each with a bar. */

import { describeRisk, losses, moveChances, volatility } from "../text/risk.js";
import { byId, element } from "../widgets/elements.js";

/** @import { RiskFigure } from "../text/risk.js" */

/**
 * Show the risk of a result. The panel of a result without risk figures has no tab.
 *
 * @param {FinishedForecast} result
 */
export function showRisk(result) {
  const { risk, chances } = result;
  byId("risk-words").textContent = describeRisk(result);
  byId("risk-losses").replaceChildren(...(risk ? losses(risk).map(bar) : []));
  byId("risk-chances").replaceChildren(...(chances ? moveChances(chances).map(bar) : []));
  byId("risk-volatility").replaceChildren(...(risk ? volatility(risk).map(bar) : []));
}

/** @param {RiskFigure} figure */
function bar({ term, value, words, part, isMark }) {
  const group = element("div", "");
  const track = element("dd", "", isMark ? "track mark" : "track");
  const filled = element("span", "");
  if (isMark) filled.style.left = `${part * 100}%`;
  else filled.style.width = `${part * 100}%`;
  track.append(filled);
  track.setAttribute("aria-hidden", "true");
  group.append(element("dt", term), element("dd", value, "value"), track);
  if (words) group.append(element("dd", words, "words"));
  return group;
}
