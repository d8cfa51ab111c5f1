/** The line at a price: dragged in the chart, moved by keys or typed, with the chances beyond it in words. */

import { dotColours } from "../charts/outcomes.js";
import { priceAt } from "../charts/distribution.js";
import { themeOf } from "../charts/plotly.js";
import { describeDots, describeLine, priceStep, roundTo } from "../text/chances.js";
import { fieldOf } from "../text/fields.js";
import { currencyName, formatDate } from "../text/formats.js";
import { readPrice } from "../text/typed_price.js";
import { byId, showFieldProblem } from "../widgets/elements.js";

const LARGE_STEPS = 10;
const DOTS = "Outcomes";

/** @typedef {{result: FinishedForecast, distribution: Distribution, step: number}} Shown */

export class PriceLine {
  #chart;
  #slider = byId("price-line");
  #field = byId("line-price", HTMLInputElement);
  #words = byId("line-words");
  /** @type {Shown|null} */
  #shown = null;
  #price = 0;
  /**
   * The distance from the pointer to the line during a drag, in pixels, or null.
   *
   * @type {number|null}
   */
  #grip = null;
  #frame = 0;

  /** @param {HTMLElement} chart */
  constructor(chart) {
    this.#chart = /** @type {PlotlyElement} */ (chart);
    this.#field.addEventListener("input", () => this.#readField());
    this.#field.addEventListener("keydown", (event) => this.#onKey(event));
    this.#slider.addEventListener("keydown", (event) => this.#onKey(event));
    this.#slider.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#slider.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.#slider.addEventListener(end, () => this.#release());
  }

  /**
   * Show the words for a result; a result without a distribution has none, and volume has no price.
   *
   * @param {FinishedForecast} result
   */
  show(result) {
    const { distribution, currency, last_close, target_date } = result;
    this.clear();
    const field = fieldOf(result);
    if (!distribution || field === "volume") return;
    const step = priceStep(last_close);
    this.#shown = { result, distribution, step };
    byId("chances").hidden = false;
    byId("chances-title").textContent = `Where ${field === "close" ? "it may end" : `the ${field} may be`} on ${formatDate(target_date)}`;
    byId("chances-words").textContent = describeDots(result, distribution);
    byId("line-price-hint").textContent = `In ${currencyName(currency)}, or drag the line`;
    this.#setPrice(roundTo(priceAt(distribution.end, 0.75), step));
    this.#field.value = String(this.#price);
  }

  /** Return the line's price with its words; null without a distribution. */
  get described() {
    if (!this.#shown) return null;
    const { result, distribution } = this.#shown;
    return { price: this.#price, words: describeLine(result, distribution, this.#price) };
  }

  /** Remove the line and its words. */
  clear() {
    this.#shown = null;
    this.#grip = null;
    byId("chances").hidden = true;
    this.#slider.hidden = true;
    showFieldProblem(this.#field, "");
  }

  /** Put the line where the drawn chart has its price. */
  place() {
    const axes = this.#axes();
    this.#slider.hidden = !axes;
    if (!axes) return;
    const { prices, left, right, reach, lowest, highest } = axes;
    const shown = Math.min(Math.max(this.#price, lowest), highest);
    Object.assign(this.#slider.style, {
      top: `${prices._offset + prices.d2p(shown)}px`,
      left: `${left}px`,
      width: `${right - left}px`,
    });
    this.#slider.style.setProperty("--reach", `${reach}px`);
    this.#slider.classList.toggle("beyond", shown !== this.#price);
    this.#slider.setAttribute("aria-valuemin", String(Math.min(lowest, this.#price)));
    this.#slider.setAttribute("aria-valuemax", String(Math.max(highest, this.#price)));
  }

  /** Fill the dots above the line. */
  colour() {
    const at = this.#chart.data?.findIndex(({ name }) => name === DOTS) ?? -1;
    if (!this.#shown || at < 0) return;
    const colours = dotColours(this.#shown.distribution, themeOf(this.#chart), this.#price);
    globalThis.Plotly?.restyle(this.#chart, { "marker.color": [colours] }, [at]);
  }

  /**
   * Return the axis of the dots' prices with its lowest and highest one, the pixels where the dots begin and end, and how
   * far the line reaches over the prices beside them.
   */
  #axes() {
    const layout = this.#chart._fullLayout;
    if (!this.#shown || this.#chart.hidden || !layout?.xaxis2) return null;
    const { xaxis, xaxis2, yaxis, yaxis3 } = layout;
    const { _offset: left, _length: length } = xaxis2;
    const prices = yaxis3 ?? yaxis;
    const [lowest, highest] = [prices.r2d(prices.range[0]), prices.r2d(prices.range[1])];
    return { prices, lowest, highest, left, right: left + length, reach: yaxis3 ? 0 : left - xaxis._offset };
  }

  /** @param {number} price */
  #setPrice(price) {
    if (!this.#shown) return;
    this.#price = price;
    const words = describeLine(this.#shown.result, this.#shown.distribution, price);
    this.#words.textContent = words;
    this.#slider.setAttribute("aria-valuenow", String(price));
    this.#slider.setAttribute("aria-valuetext", words);
    this.place();
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.colour());
  }

  /**
   * Move the line by the chart's own control, and keep the field in step.
   *
   * @param {number} price
   */
  #moveTo(price) {
    if (!this.#shown) return;
    // The slider's own text is read aloud.
    this.#words.setAttribute("aria-live", "off");
    this.#setPrice(roundTo(price, this.#shown.step));
    this.#field.value = String(this.#price);
    showFieldProblem(this.#field, "");
  }

  #readField() {
    const { price, problem } = readPrice(this.#field.value, this.#shown?.result.currency ?? "");
    showFieldProblem(this.#field, problem);
    this.#words.setAttribute("aria-live", "polite");
    if (price === null) this.#words.textContent = "";
    else this.#setPrice(price);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = this.#targetOf(event.key, event.currentTarget === this.#slider);
    if (target === null) return;
    event.preventDefault();
    this.#moveTo(target);
  }

  /**
   * Return the price to which a key moves the line. In the field, only the keys up and down move it.
   *
   * @param {string} key
   * @param {boolean} isSlider
   * @returns {number|null}
   */
  #targetOf(key, isSlider) {
    const step = this.#shown?.step ?? 0;
    /** @type {Record<string, number|undefined>} */
    const steps = isSlider
      ? { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: LARGE_STEPS, PageDown: -LARGE_STEPS }
      : { ArrowUp: 1, ArrowDown: -1 };
    const count = steps[key];
    if (count !== undefined) return this.#price + count * step;
    if (!isSlider || !["Home", "End"].includes(key)) return null;
    const { lowest, highest } = this.#axes() ?? { lowest: this.#price, highest: this.#price };
    return key === "Home" ? Math.ceil(lowest / step) * step : Math.floor(highest / step) * step;
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    const axes = this.#axes();
    if (!axes || event.button !== 0) return;
    const { top, height } = this.#slider.getBoundingClientRect();
    this.#grip = event.clientY - (top + height / 2);
    this.#slider.setPointerCapture(event.pointerId);
    this.#slider.classList.add("dragged");
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const axes = this.#axes();
    if (this.#grip === null || !axes) return;
    const y = event.clientY - this.#grip - this.#chart.getBoundingClientRect().top - axes.prices._offset;
    this.#moveTo(Math.min(Math.max(axes.prices.p2d(y), axes.lowest), axes.highest));
  }

  #release() {
    this.#grip = null;
    this.#slider.classList.remove("dragged");
  }
}
