// A contender in a Node process of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));

/** @import { Runner } from "../types.d.ts" */

/** @typedef {{ method: "time" | "outcome", chunking: string, repeats: number }} Command */

/** @implements {Runner} */
export class ProcessRunner {
  #child;
  /** @type {{ resolve(result: any): void, reject(error: Error): void } | undefined} */
  #pending;

  /** @param {Parameters<import("../types.d.ts").StartRunner>} contender */
  constructor(...contender) {
    this.#child = fork(CHILD, [JSON.stringify(contender)], { serialization: "advanced" });
    this.#child.on("message", (/** @type {any} */ { result, error }) => {
      if (error) this.#pending?.reject(new Error(error));
      else this.#pending?.resolve(result);
    });
    this.#child.on("exit", (code) => {
      const [path, name, corpus] = contender;
      this.#pending?.reject(new Error(`the process of ${path}, ${name}, ${corpus} exited with ${code}`));
    });
  }

  /**
   * @param {string} chunking
   * @returns {Promise<import("../types.d.ts").Outcome | undefined>}
   */
  outcome(chunking) {
    return this.#send({ method: "outcome", chunking, repeats: 1 });
  }

  /**
   * By the process' own clock.
   *
   * @param {string} chunking
   * @param {number} repeats
   * @returns {Promise<number>}
   */
  time(chunking, repeats) {
    return this.#send({ method: "time", chunking, repeats });
  }

  close() {
    this.#child.disconnect();
  }

  #send(/** @type {Command} */ command) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#child.send(command);
    });
  }
}
