// Texts that no other text contains, so that each can be found again in a body.

/** @import { Random } from "./random.mjs" */

/** @typedef {ReturnType<typeof makeMarks>} Marks */

const ENDINGS = [
  " naïve façade",
  " 東京 😀",
  ' "quoted" \\ back\\slash',
  "\nline\r\n\ttab \u2028",
  " <tool_call>",
  ' {"a":1}',
  "",
];

/** Makes marks, and keeps them in `lists` by how often a body must contain them. */
export function makeMarks() {
  const lists = {
    /** @type {string[]} */
    once: [],
    /** At least once. @type {string[]} */
    sent: [],
    /** Not at all. @type {string[]} */
    unsent: [],
    /** As the tools are: sent, or not. @type {string[]} */
    ofTools: [],
  };
  let count = 0;
  /**
   * @param {string[]} list
   * @param {string} ending
   */
  const keep = (list, ending) => {
    count += 1;
    const mark = `#${count}#${ending}`;
    list.push(mark);
    return mark;
  };
  return {
    lists,
    /** @param {Random} random */
    once: (random) => keep(lists.once, random.pick(ENDINGS)),
    /** @param {Random} random */
    sent: (random) => keep(lists.sent, random.pick(ENDINGS)),
    /** @param {Random} random */
    unsent: (random) => keep(lists.unsent, random.pick(ENDINGS)),
    /** @param {Random} random */
    ofTools: (random) => keep(lists.ofTools, random.pick(ENDINGS)),
    /** Without a character that JSON would escape. */
    plain: () => keep(lists.once, ""),
    name: () => keep(lists.sent, "somebody"),
  };
}
