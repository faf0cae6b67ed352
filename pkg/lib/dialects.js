// The dialects that a chat may be asked for in: what guardrails have to know of each.

import { MODE_AS_REQUESTED, MODE_RESPONSES } from "./boundary.js";

/**
 * @typedef {object} Dialect
 * @property {readonly string[]} input the members of a request that have its texts
 * @property {string} output the member of an answer that has its texts
 * @property {(event: any) => unknown} textOf what an event of a stream adds to the texts
 * @property {(line: string) => boolean} isEnd whether a line of a stream is the first of those that end it
 * @property {(error: object, ended: any) => string} failure the events that report an error in place of the
 *   end; `ended` is the event that ended the stream, if it is one
 */

/**
 * By the mode of their calls.
 *
 * @type {ReadonlyMap<number, Dialect>}
 */
export const DIALECTS = new Map([
  [
    MODE_AS_REQUESTED,
    {
      input: ["messages"],
      output: "choices",
      textOf: (/** @type {any} */ { choices }) => choices,
      isEnd: (/** @type {string} */ line) => line === "data: [DONE]",
      failure: (/** @type {object} */ error) => `data: ${JSON.stringify({ error })}\n\n`,
    },
  ],
  [
    MODE_RESPONSES,
    {
      input: ["instructions", "input"],
      output: "output",
      textOf: (/** @type {any} */ { delta }) => delta,
      isEnd: (/** @type {string} */ line) => /^event: response\.(?:completed|incomplete)$/.test(line),
      failure: (/** @type {object} */ error, /** @type {any} */ { response, ...event }) => {
        const failed = { ...response, status: "failed", completed_at: null, output: [], error };
        const data = { ...event, type: "response.failed", response: failed };
        return `event: response.failed\ndata: ${JSON.stringify(data)}\n\ndata: [DONE]\n\n`;
      },
    },
  ],
]);
