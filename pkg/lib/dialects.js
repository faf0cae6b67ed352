// The dialects that a chat may be asked for in: what guardrails have to know of each.

import { MODE_AS_REQUESTED, MODE_RESPONSES } from "./boundary.js";

/**
 * @typedef {object} Dialect
 * @property {readonly string[]} input the members of a request that have its texts
 * @property {(answer: any) => unknown} outputOf what of an answer has its texts
 * @property {(event: any) => Iterable<[key: string, piece: unknown]>} piecesOf what an event of a stream adds, and to
 *   which text: those of several choices and calls arrive in turns
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
      input: ["messages", "response_format", "prediction"],
      // Not their logprobs, which repeat the text token by token.
      outputOf: (/** @type {any} */ { choices }) => choices.map((/** @type {any} */ { message }) => message),
      piecesOf: piecesOfChunk,
      isEnd: (/** @type {string} */ line) => line === "data: [DONE]",
      failure: (/** @type {object} */ error) => `data: ${JSON.stringify({ error })}\n\n`,
    },
  ],
  [
    MODE_RESPONSES,
    {
      input: ["instructions", "input", "text"],
      outputOf: (/** @type {any} */ { output }) => output,
      piecesOf: (/** @type {any} */ { delta, type, output_index: item, content_index: part }) => {
        return [[`${item}.${part}.${type}`, delta]];
      },
      isEnd: (/** @type {string} */ line) => /^event: response\.(?:completed|incomplete)$/.test(line),
      failure: (/** @type {object} */ error, /** @type {any} */ { response, ...event }) => {
        const failed = { ...response, status: "failed", completed_at: null, output: [], error };
        const data = { ...event, type: "response.failed", response: failed };
        return `event: response.failed\ndata: ${JSON.stringify(data)}\n\ndata: [DONE]\n\n`;
      },
    },
  ],
]);

/**
 * @param {any} chunk
 * @returns {Iterable<[string, unknown]>}
 */
function* piecesOfChunk({ choices = [] }) {
  for (const { index, delta } of choices) {
    for (const [name, piece] of Object.entries(delta ?? {})) {
      if (name === "tool_calls") {
        for (const call of piece ?? []) yield [`${index}.${name}.${call.index}`, call];
      } else {
        yield [`${index}.${name}`, piece];
      }
    }
  }
}
