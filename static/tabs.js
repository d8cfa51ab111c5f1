/** Tabs as the ARIA Authoring Practices describe them: arrows move, one tab stop, the panel follows. */

export class Tabs {
  #tabs;
  #onShow;

  /** @param {HTMLElement} list the tablist @param {(name: string) => void} onShow told a panel's id when it is shown */
  constructor(list, onShow) {
    this.#tabs = [...list.querySelectorAll("[role=tab]")];
    this.#onShow = onShow;
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(tab.id));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The id of the panel that is shown. */
  get shown() {
    return panelOf(this.#tabs.find((tab) => tab.tabIndex === 0)).id;
  }

  /** Show the panel of the tab with this id. */
  show(id) {
    for (const tab of this.#tabs) {
      const chosen = tab.id === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      panelOf(tab).hidden = !chosen;
      if (chosen) this.#onShow(panelOf(tab).id);
    }
  }

  #key(event) {
    const tabs = this.#tabs;
    const at = tabs.indexOf(document.activeElement);
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
    if (at < 0 || !(event.key in places)) return;
    event.preventDefault();
    const next = tabs[places[event.key] % tabs.length];
    next.focus();
    this.show(next.id);
  }
}

function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}
