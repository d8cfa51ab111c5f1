/** The header of a PNG. Pure functions. */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47];
const WIDTH_AT = 16;
const HEIGHT_AT = 20;

/**
 * Return the size of a PNG, or null if the bytes are not a PNG's.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {{width: number, height: number}|null}
 * @see PNG specification, 11.2.1: the first chunk has the size
 */
export function pngSize(bytes) {
  if (bytes.length < HEIGHT_AT + 4 || SIGNATURE.some((byte, at) => bytes[at] !== byte)) return null;
  const view = new DataView(bytes.buffer);
  return { width: view.getUint32(WIDTH_AT), height: view.getUint32(HEIGHT_AT) };
}
