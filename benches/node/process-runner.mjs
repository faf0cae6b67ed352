// A contender in a Node process of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("child.mjs", import.meta.url));

export class Entrant {
  #child;
  #answer;

  constructor(...about) {
    this.#child = fork(SCRIPT, [JSON.stringify(about)], { serialization: "advanced" });
    this.#child.on("message", ({ result, error }) =>
      error ? this.#answer?.reject(new Error(error)) : this.#answer?.resolve(result),
    );
    this.#child.on("exit", (code) =>
      this.#answer?.reject(new Error(`the process of ${about.slice(0, 3).join(", ")} ended with ${code}`)),
    );
  }

  outcome(chunking) {
    return this.#ask("outcome", chunking);
  }

  /** Milliseconds for so many streams, by the process' own clock. */
  time(chunking, repeats) {
    return this.#ask("time", chunking, repeats);
  }

  close() {
    this.#child.disconnect();
  }

  #ask(does, ...given) {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#child.send({ does, with: given });
    });
  }
}
