/** The references of the API's description. Swagger UI's own resolver goes through the whole description for each operation. */

/**
 * Return a part of the description with each reference replaced by what it names.
 *
 * @param {any} part
 * @param {any} whole description
 * @param {string[]} within the references that lead to the part: a type that contains itself keeps its reference
 * @returns {any}
 */
export function resolved(part, whole, within = []) {
  if (typeof part !== "object" || part === null) return part;
  if (Array.isArray(part)) return part.map((each) => resolved(each, whole, within));
  const reference = part.$ref;
  if (typeof reference !== "string") {
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, resolved(value, whole, within)]));
  }
  if (within.includes(reference)) return part;
  const path = reference.slice(2).split("/");
  const names = path.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return resolved(at(whole, names), whole, [...within, reference]);
}

/**
 * Return the part of a description at a path, undefined if there is none.
 *
 * @param {any} whole
 * @param {string[]} names
 * @returns {any}
 */
export function at(whole, names) {
  return names.reduce((part, name) => part?.[name], whole);
}
