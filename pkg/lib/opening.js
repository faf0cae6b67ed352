// Opening: what a call does until its first chunk. Everything that may be repeated happens here.

import { AuthorizeFailure } from "./authorize.js";
import { STEP_BOUNDED, STEP_DONE, STEP_OUTPUT, STEP_READ, STEP_SEND, STEP_WAIT } from "./boundary.js";
import { feed } from "./core.js";
import { DRAIN_MS, cancelBody, cancelReader, readFrom, readHead, readerOf, send } from "./reader.js";
import { Timer, Wait } from "./wait.js";

/** @import { BodyChunk, BodyReader, CallContext, Resources } from "./call.js" */

/** Interrupts the wait for the rest of a body. */
const STALLED = Symbol("stalled");

/** Drives the core's call with the host's functions, and stops where it is interrupted. */
export class Opening {
  /**
   * What the host threw last.
   *
   * @type {unknown}
   */
  cause = undefined;

  #resources;
  #context;
  #onOutput;
  /**
   * What it waits for.
   *
   * @type {Wait<any> | undefined}
   */
  #wait;
  /**
   * The read of the next network chunk. After a stall it is waited for again.
   *
   * @type {Promise<BodyChunk> | undefined}
   */
  #earlyRead;
  #isInterrupted = false;
  /** @type {unknown} */
  #reason = undefined;

  /**
   * @param {Resources} resources of the call
   * @param {CallContext} context
   * @param {() => void} onOutput is called when there is output
   */
  constructor(resources, context, onOutput) {
    this.#resources = resources;
    this.#context = context;
    this.#onOutput = onOutput;
  }

  /**
   * Does what the core asks for, until there is output, or the answer is complete, or the call has
   * failed. Resolves to the flags of the last step, and rejects with the reason of an interruption,
   * or with the error of a trap.
   */
  async run() {
    const { handle } = this.#resources;
    for (;;) {
      this.#checkInterrupted();
      const flags = handle.nextStep();
      if (flags & STEP_READ) {
        await this.#readEarly((flags & STEP_BOUNDED) !== 0);
      } else if (flags & (STEP_SEND | STEP_WAIT)) {
        this.#dropBody();
        if (flags & STEP_SEND) await this.#send();
        else await this.#sleep(handle.waitMs);
      } else {
        return flags;
      }
    }
  }

  /**
   * Ends whatever it waits for: the call has ended.
   *
   * @param {unknown} reason
   */
  interrupt(reason) {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#reason = reason;
    this.#earlyRead = undefined;
    this.#wait?.interrupt(reason);
  }

  // ------------------------------------------------------------ private

  /** Signs and sends a request, and reads the head of its response. */
  async #send() {
    const { handle, controller } = this.#resources;
    const { signal } = controller;
    const request = handle.takeRequest();
    if (request === undefined) return;
    this.cause = undefined;
    const headers = new Headers(request.headers);
    try {
      const answer = this.#context.authorizer.ask(request, signal);
      if (answer) await this.#authorize(answer, headers);
    } catch (error) {
      this.#checkInterrupted();
      if (!(error instanceof AuthorizeFailure)) throw error;
      this.cause = error.cause;
      handle.onAuthorizeError(error.code, error.message, error.hint);
      return;
    }
    this.#checkInterrupted();
    /** @type {Response | undefined} */
    let response;
    let head;
    let reader;
    try {
      // "error" would hide which failure it was; following a redirect would send the signature to
      // another host.
      /** @type {RequestInit} */
      const init = { method: "POST", headers, body: request.body, redirect: "manual", signal };
      response = await this.#waitFor(send(this.#context.fetch, request.url, init), cancelBody);
      head = readHead(response);
      reader = readerOf(response);
      this.#checkInterrupted();
    } catch (error) {
      if (reader) cancelReader(reader);
      else if (response) cancelBody(response);
      this.#checkInterrupted();
      this.cause = error;
      handle.onNetworkError();
      return;
    }
    this.#resources.reader = reader;
    if (!handle.onResponse(head.status, head.headers)) this.#dropBody();
  }

  /**
   * @param {{ returned: unknown, message: string }} answer of the host
   * @param {Headers} headers
   */
  async #authorize(answer, headers) {
    let credentials;
    try {
      credentials = await this.#waitFor(Promise.resolve(answer.returned));
    } catch (cause) {
      throw new AuthorizeFailure("signer_failed", answer.message, cause);
    }
    this.#context.authorizer.apply(credentials, headers);
  }

  /**
   * Reads and decodes a network chunk before the first chunk of the answer.
   *
   * @param {boolean} isBounded whether to ask the core where nothing comes
   */
  async #readEarly(isBounded) {
    const { handle, reader } = this.#resources;
    try {
      const chunk = reader && (await this.#nextEarly(reader, isBounded));
      this.#checkInterrupted();
      this.#earlyRead = undefined;
      if (!chunk || chunk.done) this.#decode(() => handle.onBodyEnd());
      else feed(handle, chunk.value, this.#onOutput);
    } catch (error) {
      this.#checkInterrupted();
      if (error === STALLED) return this.#onStall();
      this.#earlyRead = undefined;
      if (!handle.isAlive) throw handle.endError(error);
      this.cause = error;
      handle.onNetworkError();
    }
  }

  /** Nothing more of the body comes: what there is may be enough. Else the same read is waited for again. */
  #onStall() {
    const flags = this.#decode(() => this.#resources.handle.onBodyStall());
    if (flags & STEP_DONE) this.#dropBody();
  }

  /**
   * @param {BodyReader} reader
   * @param {boolean} isBounded
   */
  async #nextEarly(reader, isBounded) {
    this.#earlyRead ??= readFrom(reader);
    const reading = this.#waitFor(this.#earlyRead);
    if (!isBounded) return reading;
    const wait = this.#wait;
    const timer = setTimeout(() => wait?.interrupt(STALLED), DRAIN_MS);
    try {
      return await reading;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {number} ms */
  async #sleep(ms) {
    /** @type {Timer | undefined} */
    let timer;
    try {
      await this.#waitFor(
        new Promise((resolve) => {
          timer = new Timer(ms, () => resolve(undefined));
        }),
      );
    } finally {
      timer?.stop();
    }
  }

  /**
   * Waits for a promise of the host's, unless the call ends first.
   *
   * @template T
   * @param {Promise<T>} promise
   * @param {(value: T) => void} [onLate] takes a value that comes after the call has ended
   * @returns {Promise<T>}
   */
  #waitFor(promise, onLate) {
    const wait = new Wait(promise, onLate);
    // The call may have ended in what the host did synchronously.
    if (this.#isInterrupted) wait.interrupt(this.#reason);
    else this.#wait = wait;
    return wait.result;
  }

  /** To be called after every wait: an interruption may come between what it waited for and this. */
  #checkInterrupted() {
    if (this.#isInterrupted) throw this.#reason;
  }

  /** @param {() => number} step returns flags */
  #decode(step) {
    const flags = step();
    if (flags & STEP_OUTPUT) this.#onOutput();
    return flags;
  }

  /** Cancels the body of an attempt that is over. */
  #dropBody() {
    const { reader } = this.#resources;
    this.#resources.reader = undefined;
    this.#earlyRead = undefined;
    if (reader) cancelReader(reader);
  }
}
