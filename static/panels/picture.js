/** The server's picture: a base64 PNG, shown from a Blob and offered for download. */

import { pngSize } from "../charts/png.js";

export class Picture {
  #image;
  #link;
  #url = "";

  /**
   * @param {HTMLImageElement} image
   * @param {HTMLAnchorElement} link
   */
  constructor(image, link) {
    this.#image = image;
    this.#link = link;
  }

  /**
   * Show a picture. Its size is set before it is decoded, so that nothing moves when it appears.
   *
   * @param {string} base64
   * @param {{alt: string, filename: string}} words
   * @returns {boolean} false if it is not a PNG
   */
  show(base64, { alt, filename }) {
    this.clear();
    const bytes = decode(base64);
    const size = bytes && pngSize(bytes);
    if (!size) return false;
    this.#url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    Object.assign(this.#image, { alt, ...size, src: this.#url });
    Object.assign(this.#link, { href: this.#url, download: filename });
    return true;
  }

  /** Remove the picture and free its memory. */
  clear() {
    if (!this.#url) return;
    this.#image.removeAttribute("src");
    this.#link.removeAttribute("href");
    URL.revokeObjectURL(this.#url);
    this.#url = "";
  }
}

/** @param {string} base64 */
function decode(base64) {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
