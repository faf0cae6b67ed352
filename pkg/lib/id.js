// Ids of answers.

/**
 * The id of an answer if the service sends none. It only has to be unique: `crypto` would add 2 ms to
 * the start of a process.
 *
 * @param {string} prefix
 */
export function createId(prefix) {
  let id = prefix;
  for (let part = 0; part < 3; part++) {
    id += Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  }
  return id;
}
