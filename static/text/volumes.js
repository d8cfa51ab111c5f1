/** The units and the digits of volumes. Pure functions. */

const UNITS = ["shares", "contracts", "units"];
/** The volume from which on it has three digits. Volumes of coins may be fractions, which are written like prices. */
export const SHORT_FROM = 100;
/** @type {[number, string][]} */
const SUFFIXES = [
  [1e12, "tn"],
  [1e9, "bn"],
  [1e6, "M"],
  [1e3, "k"],
];

/** @param {string} unit */
export function isVolumeUnit(unit) {
  return UNITS.includes(unit);
}

/**
 * Return a volume with three digits, without zeros at their end: 19730300 as ["19.7", "M"], and 512 as ["512"].
 *
 * @param {number} volume
 * @returns {string[]}
 */
export function shortVolume(volume) {
  const rounded = Number(volume.toPrecision(3));
  const [size, suffix] = SUFFIXES.find(([least]) => rounded >= least) ?? [1, ""];
  const figure = String(Number((rounded / size).toPrecision(6)));
  return suffix ? [figure, suffix] : [figure];
}
