// What callers over HTTP read: OpenAI's events, and its errors.

/** The failure of a response, or of an event. */
export class Rejection extends Error {
  /** @param {{ code?: string, message?: string }} error */
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** Reads a body of events, in any pieces. */
export class EventReader {
  text = "";
  /** Ends, of which there is one: `[DONE]`, or an error. */
  ends = 0;
  /** @type {Rejection | undefined} */
  failure;
  #decoder = new TextDecoder();
  #rest = "";

  /** @param {Uint8Array} [bytes] Without them, the body has ended. */
  push(bytes) {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: bytes !== undefined });
    // Lines of the openai transport keep the service's line ends. A CR may be half of one.
    const isHalf = bytes !== undefined && text.endsWith("\r");
    const events = (isHalf ? text.slice(0, -1) : text).replaceAll(/\r\n?/g, "\n").split("\n\n");
    this.#rest = bytes === undefined ? "" : `${events.pop() ?? ""}${isHalf ? "\r" : ""}`;
    for (const event of events) this.#read(event);
  }

  /** @param {string} event */
  #read(event) {
    const lines = event.split("\n").filter((line) => line.startsWith("data:"));
    const data = lines.map((line) => line.replace(/^data: ?/, "")).join("\n");
    if (data === "") return;
    if (data === "[DONE]") {
      this.ends += 1;
      return;
    }
    const { error, choices } = JSON.parse(data);
    if (error) {
      this.ends += 1;
      this.failure = new Rejection(error);
    }
    // Nothing follows the end.
    if (choices && this.ends > 0) this.ends += 1;
    this.text += choices?.[0]?.delta?.content ?? "";
  }
}
