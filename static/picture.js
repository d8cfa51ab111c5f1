/** A PNG out of base64: decoded once, shown from a Blob, its URL revoked when the next one comes. */

const WIDTH_AT = 16;
const HEIGHT_AT = 20;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47];

/** Shows one PNG at a time in an `<img>` and offers it for download. */
export class Picture {
  #image;
  #link;
  #url = "";

  /** @param {HTMLImageElement} image @param {HTMLAnchorElement} link */
  constructor(image, link) {
    this.#image = image;
    this.#link = link;
  }

  /**
   * Show the PNG. Its size is set before it is decoded, so that nothing moves when it appears.
   *
   * @param {string} base64 @param {{alt: string, filename: string}} words
   * @throws {TypeError} where `base64` is not a PNG's
   */
  show(base64, { alt, filename }) {
    this.clear();
    const bytes = decoded(base64);
    const { width, height } = sizeOf(bytes);
    this.#url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    Object.assign(this.#image, { alt, width, height, src: this.#url });
    Object.assign(this.#link, { href: this.#url, download: filename });
  }

  /** Take the picture away and free its memory. */
  clear() {
    if (!this.#url) return;
    this.#image.removeAttribute("src");
    this.#link.removeAttribute("href");
    URL.revokeObjectURL(this.#url);
    this.#url = "";
  }
}

function decoded(base64) {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new TypeError("not base64", { cause });
  }
}

/** Width and height from the header chunk, which the PNG specification (section 11.2.1) puts first. */
function sizeOf(bytes) {
  if (bytes.length < HEIGHT_AT + 4 || SIGNATURE.some((byte, at) => bytes[at] !== byte)) throw new TypeError("not a PNG");
  const view = new DataView(bytes.buffer);
  return { width: view.getUint32(WIDTH_AT), height: view.getUint32(HEIGHT_AT) };
}
