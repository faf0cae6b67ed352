// `chat MODEL`: a conversation in the terminal, streamed.

import { createInterface } from "node:readline/promises";

import { OciError, OciGenAI } from "oci-genai-edge";

import { CREDENTIAL_OPTIONS, ROUTE_OPTIONS, SIMULATE_OPTIONS, numberOf, readModel } from "./arguments.js";
import { Interrupted, UsageError, describeFailure } from "./failure.js";
import { readSettings } from "./settings.js";
import { dim, drained, note, print, printable } from "./terminal.js";

/** @import { CallReport, ChatRequest } from "oci-genai-edge" */
/** @import { Option, Values } from "./arguments.js" */
/** @import { Invocation } from "./main.js" */
/** @import { Settings } from "./settings.js" */

export const usage = "chat MODEL [PROMPT …] [options]";
export const summary = "talk to a model, streamed: one answer to a PROMPT or piped text, or a conversation";

/** @type {Record<string, Option>} */
export const options = {
  system: { value: "TEXT", help: "instructions for the model" },
  "max-tokens": { value: "N", help: "the longest answer" },
  temperature: { value: "T", help: "from 0 to 2" },
  ...ROUTE_OPTIONS,
  ...CREDENTIAL_OPTIONS,
  ...SIMULATE_OPTIONS,
};

export const more = `In a conversation, Ctrl+C stops an answer, and /exit or Ctrl+D ends it. Usage and route go
to standard error, so that standard output holds the answer alone. With --simulate, MODEL may be
the name of a simulated endpoint, such as simgeneric.`;

/** @param {Invocation} invocation */
export async function run(invocation) {
  const { values, signal } = invocation;
  const { model, rest } = readModel(invocation, usage);
  const parameters = {
    max_tokens: numberOf(values, "max-tokens", { min: 1 }),
    temperature: numberOf(values, "temperature", { max: 2, isWhole: false }),
  };
  const prompt = rest.join(" ") || (process.stdin.isTTY ? "" : await readInput(signal));
  if (prompt === "" && !process.stdin.isTTY) throw new UsageError("there is nothing to ask", `usage: ${usage}`);
  const settings = await readSettings(invocation, model);
  try {
    const conversation = new Conversation(settings, parameters, values);
    if (prompt === "") await converse(conversation, settings, signal);
    else await conversation.ask(prompt, signal);
    return 0;
  } finally {
    await settings.close();
  }
}

class Conversation {
  #client;
  #model;
  #parameters;
  /** @type {ChatRequest["messages"][number][]} */
  #messages;

  /**
   * @param {Settings} settings
   * @param {Partial<ChatRequest>} parameters
   * @param {Values} values
   */
  constructor({ model, client }, parameters, { system }) {
    this.#client = new OciGenAI(client);
    this.#model = model;
    this.#parameters = parameters;
    this.#messages = system === undefined ? [] : [{ role: "system", content: system }];
  }

  /**
   * Prints the answer as it comes. A question that got none is forgotten.
   *
   * @param {string} content
   * @param {AbortSignal} signal
   */
  async ask(content, signal) {
    const model = this.#model;
    const messages = [...this.#messages, { role: /** @type {const} */ ("user"), content }];
    const stream = this.#client.stream({ model, messages, ...this.#parameters }, { signal });
    const answer = new Answer();
    try {
      for await (const chunk of stream) {
        const { content: text, reasoning_content: reasoning } = chunk.choices[0]?.delta ?? {};
        answer.add(text ?? "", reasoning ?? "");
        await drained();
      }
    } finally {
      answer.end();
    }
    this.#messages = [...messages, { role: "assistant", content: answer.text }];
    if (stream.report) note(dim(this.#summaryOf(stream.report)));
  }

  /** @param {CallReport} report */
  #summaryOf({ usage: tokens, firstChunkMs, totalMs, fallback, finishReason }) {
    const { transport, servingMode, apiFormat, region } = this.#client.route(this.#model);
    const parts = [
      tokens && `${tokens.prompt_tokens} + ${tokens.completion_tokens} tokens`,
      firstChunkMs !== undefined && `first chunk after ${Math.round(firstChunkMs)} ms`,
      `${Math.round(totalMs)} ms in all`,
      [servingMode?.servingType, transport, apiFormat, region].filter(Boolean).join(" "),
      fallback && `in one piece: ${fallback}`,
      finishReason !== "stop" && `finish reason ${finishReason}`,
    ];
    return `[${parts.filter(Boolean).join(" · ")}]`;
  }
}

/** An answer on its way to the terminal. */
class Answer {
  text = "";
  #isThinking = false;

  /**
   * @param {string} text
   * @param {string} reasoning
   */
  add(text, reasoning) {
    // Only for those who watch: it is no part of the answer.
    if (reasoning !== "" && process.stderr.isTTY) {
      process.stderr.write(dim(printable(reasoning)));
      this.#isThinking = true;
    }
    if (text === "") return;
    if (this.#isThinking) note("");
    this.#isThinking = false;
    this.text += text;
    print(printable(text));
  }

  /** Ends the line, as the next prompt and other programs expect. */
  end() {
    if (this.text !== "" && !this.text.endsWith("\n")) print("\n");
  }
}

/**
 * @param {Conversation} conversation
 * @param {Settings} settings
 * @param {AbortSignal} signal
 */
async function converse(conversation, { model }, signal) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  note(dim(`${model}: Ctrl+C stops an answer, /exit or Ctrl+D ends`));
  /** @type {AbortController | undefined} of the answer */
  let answering;
  const ended = new AbortController();
  terminal.on("SIGINT", () => (answering ?? ended).abort(new Interrupted()));
  terminal.on("close", () => ended.abort());
  try {
    for (;;) {
      const line = await terminal.question("> ", { signal: AbortSignal.any([signal, ended.signal]) });
      if (line.trim() === "/exit") return;
      if (line.trim() === "") continue;
      answering = new AbortController();
      await askOne(conversation, line, AbortSignal.any([signal, answering.signal]));
      signal.throwIfAborted();
      answering = undefined;
    }
  } catch (error) {
    // Ctrl+D, or Ctrl+C at the prompt.
    if (!ended.signal.aborted) throw error;
    note("");
  } finally {
    terminal.close();
  }
}

/**
 * A failure does not end the conversation.
 *
 * @param {Conversation} conversation
 * @param {string} line
 * @param {AbortSignal} signal
 */
async function askOne(conversation, line, signal) {
  try {
    await conversation.ask(line, signal);
  } catch (error) {
    if (signal.aborted) return note(dim("[stopped]"));
    if (!(error instanceof OciError)) throw error;
    for (const each of describeFailure(error)) note(each);
  }
}

/**
 * What is piped.
 *
 * @param {AbortSignal} signal
 */
async function readInput(signal) {
  const { stdin } = process;
  stdin.setEncoding("utf8");
  const stop = () => stdin.destroy(/** @type {Error} */ (signal.reason));
  signal.addEventListener("abort", stop, { once: true });
  let text = "";
  for await (const piece of stdin) text += piece;
  signal.removeEventListener("abort", stop);
  return text.trim();
}
