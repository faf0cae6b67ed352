// workerd, with a Worker for each contender of each row: an isolate and a port of 127.0.0.1 of its own.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

import { bundle, FOR_WORKERD, isWasm } from "../bundle.mjs";
import { pinToLastCore } from "../cpu-affinity.mjs";

const require = createRequire(import.meta.url);

const START_TIMEOUT_MS = 30_000;

// Contenders that are not measured here stay out of the bundle.
const EXTERNAL = ["./langchain.mjs", "./vercel.mjs"];

/**
 * Starts workerd with a number of isolates.
 *
 * @param {number} count
 * @returns {Promise<{ origins: string[], stop(): Promise<void> }>}
 */
export async function startWorkerd(count) {
  const files = await bundle("workerd", "workerd/worker.mjs", { ...FOR_WORKERD, external: EXTERNAL });
  const config = `${dirname(files[0].path)}/config.capnp`;
  writeFileSync(config, configOf(count, files));

  const workerd = spawn(require("workerd").default, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [workerd.stdout, workerd.stderr]) stream?.on("data", (data) => (output += data));
  const ended = new Promise((resolve) => workerd.on("exit", resolve));
  const stop = async () => {
    workerd.kill();
    await ended;
  };
  try {
    const origins = await listeningOrigins(workerd, count);
    pinToLastCore(workerd.pid);
    return { origins, stop };
  } catch (error) {
    await stop();
    throw new Error(`workerd did not start:\n${output}`, { cause: error });
  }
}

/**
 * workerd reports its ports on the control pipe, as JSON lines.
 *
 * @param {import("node:child_process").ChildProcess} workerd
 * @param {number} count
 * @returns {Promise<string[]>}
 */
function listeningOrigins(workerd, count) {
  return new Promise((resolve, reject) => {
    /** @type {string[]} */
    const origins = [];
    let pending = "";
    workerd.stdio[3]?.on("data", (/** @type {Buffer} */ data) => {
      const lines = `${pending}${data}`.split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") origins[Number(socket.slice(1))] = `http://127.0.0.1:${port}`;
      }
      if (origins.filter(Boolean).length === count) resolve(origins);
    });
    workerd.on("error", reject);
    workerd.on("exit", (code) => reject(new Error(`it exited with ${code}`)));
    setTimeout(() => reject(new Error("it took more than 30 s")), START_TIMEOUT_MS).unref();
  });
}

/**
 * @param {number} count
 * @param {import("../bundle.mjs").BundledFile[]} files
 */
function configOf(count, files) {
  const modules = files.map((file) => {
    return `(name = "${file.name}", ${isWasm(file) ? "wasm" : "esModule"} = embed "${file.name}")`;
  });
  const list = (/** @type {(index: number) => string} */ write) =>
    Array.from({ length: count }, (_, index) => write(index)).join(",\n    ");
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${list((index) => `(name = "c${index}", worker = .contender)`)}
  ],
  sockets = [
    ${list((index) => `(name = "c${index}", address = "127.0.0.1:0", http = (), service = "c${index}")`)}
  ]
);

const contender :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-07-30"
);
`;
}
