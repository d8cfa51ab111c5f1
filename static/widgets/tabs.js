/** Tabs as in the ARIA Authoring Practices: arrow keys move, the list is one tab stop, the panel follows at once. */

import { byId } from "./elements.js";

export class Tabs {
  /** @type {HTMLElement[]} */
  #tabs;
  #onShow;

  /**
   * @param {HTMLElement} list
   * @param {(panelId: string) => void} onShow called when a panel is shown
   */
  constructor(list, onShow) {
    this.#tabs = [...list.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);
    this.#onShow = onShow;
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(tab.id));
    list.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Return the id of the panel that is shown. */
  get shownPanel() {
    return this.#tabs.filter((tab) => tab.tabIndex === 0).map((tab) => panelOf(tab).id)[0] ?? "";
  }

  /**
   * Show the panel of the tab with this id.
   *
   * @param {string} tabId
   */
  show(tabId) {
    for (const tab of this.#tabs) {
      const isChosen = tab.id === tabId;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      panelOf(tab).hidden = !isChosen;
      if (isChosen) this.#onShow(panelOf(tab).id);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const tabs = this.#tabs.filter((tab) => !tab.hidden);
    const count = tabs.length;
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    /** @type {Record<string, number|undefined>} */
    const targets = { ArrowRight: at + 1, ArrowLeft: at - 1 + count, Home: 0, End: count - 1 };
    const target = targets[event.key];
    if (at < 0 || target === undefined) return;
    event.preventDefault();
    const tab = tabs[target % count];
    tab?.focus();
    this.show(tab?.id ?? "");
  }
}

/** @param {HTMLElement} tab */
function panelOf(tab) {
  return byId(tab.getAttribute("aria-controls") ?? "");
}
