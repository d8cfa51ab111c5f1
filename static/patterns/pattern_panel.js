/** The panel in which patterns are searched. */

import { putIntoAddress } from "../analyses/address.js";
import { RunningRequest } from "../analyses/running_request.js";
import { patternAddress, patternOf } from "../text/pattern_questions.js";
import { searchedText } from "../text/patterns.js";
import { byId, element } from "../widgets/elements.js";
import { foundSection, overviewTable } from "./found_pattern.js";
import { PatternForm } from "./pattern_form.js";

/** @import { Shown } from "../page/late_panel.js" */

export class PatternPanel {
  #form = new PatternForm(() => this.#submit());
  #request = new RunningRequest(byId("pattern-work"), "patterns", "pattern search", {
    onCancel: () => this.#form.focusSubmit(),
    onAgain: () => this.#submit(),
  });
  #answer = byId("pattern-answer");
  /** @type {Shown|null} */
  #shown = null;

  /**
   * Show the form for a result's stock, and run the search that the address asks for.
   *
   * @param {Shown} shown
   */
  show(shown) {
    if (this.#shown?.result === shown.result) {
      this.#form.redraw();
      return;
    }
    this.#shown = shown;
    const question = patternOf(new URLSearchParams(location.search), shown.result.ticker);
    this.#form.fill(shown, question);
    if (question) this.#run(question);
  }

  /** Cancel what runs, and remove the hits. */
  clear() {
    this.#shown = null;
    this.#request.stop();
    this.#form.clear();
    this.#clearAnswer();
  }

  #clearAnswer() {
    this.#answer.hidden = true;
    this.#answer.replaceChildren();
  }

  #submit() {
    if (!this.#shown) return;
    const { result } = this.#shown;
    const question = this.#form.read(result.ticker);
    if (!question) return;
    putIntoAddress(result, patternAddress(question));
    this.#run(question);
  }

  /** @param {PatternQuestion} question */
  async #run(question) {
    this.#clearAnswer();
    this.#form.clearProblems();
    const search = await this.#request.run(question, {
      isResult: ({ patterns, horizons }) => Array.isArray(patterns) && Array.isArray(horizons),
      showsProblem: (failure) => this.#form.showProblem(failure, question.patterns),
    });
    if (search) this.#showSearch(search);
  }

  /** @param {PatternSearch} search */
  #showSearch(search) {
    const unread = search.searched.unread.map(({ ticker, detail }) => `${ticker}: ${detail}`);
    const notices = element("ul", "", "hint caveats");
    notices.append(...[...search.caveats, ...unread].map((text) => element("li", text)));
    const sections = search.patterns.map((found) => foundSection(found, search));
    const overview = sections.length > 1 ? [overviewTable(search)] : [];
    this.#answer.replaceChildren(...overview, ...sections, element("p", searchedText(search), "prose"), notices);
    this.#answer.hidden = false;
    this.#answer.scrollIntoView({ block: "nearest" });
  }
}
