// workerd, with a Worker for each contender of each path: an isolate and a port of 127.0.0.1 of its own.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

import { bundle, FOR_WORKERD } from "../bundle.mjs";
import { pin } from "../cpu-affinity.mjs";

const require = createRequire(import.meta.url);

// What is not measured here stays out of the bundle.
const EXTERNAL = ["./langchain.mjs", "./vercel.mjs"];

/** Starts workerd with so many isolates. Resolves to their origins and to what ends it. */
export async function startWorkerd(count) {
  const files = await bundle("workerd", "workerd/worker.mjs", { ...FOR_WORKERD, external: EXTERNAL });
  const config = `${dirname(files[0].path)}/config.capnp`;
  writeFileSync(config, configOf(count, files));

  // The listening ports are told on a pipe, as JSON lines.
  const workerd = spawn(require("workerd").default, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [workerd.stdout, workerd.stderr]) output.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => workerd.on("exit", resolve));
  const stop = async () => {
    workerd.kill();
    await ended;
  };
  try {
    const origins = await listening(workerd, count);
    pin(workerd.pid);
    return { origins, stop };
  } catch (error) {
    await stop();
    throw new Error(`workerd did not start: ${error.message}\n${said}`);
  }
}

function listening(workerd, count) {
  return new Promise((resolve, reject) => {
    const origins = [];
    let told = "";
    workerd.stdio[3].on("data", (data) => {
      told += data;
      const lines = told.split("\n");
      told = lines.pop();
      for (const line of lines) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") origins[Number(socket.slice(1))] = `http://127.0.0.1:${port}`;
      }
      if (origins.filter(Boolean).length === count) resolve(origins);
    });
    workerd.on("error", reject);
    workerd.on("exit", (code) => reject(new Error(`it ended with ${code}`)));
    setTimeout(() => reject(new Error("it took more than 30 s")), 30_000).unref();
  });
}

function configOf(count, files) {
  const modules = files.map(
    ({ name }) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${name}")`,
  );
  const each = (write) => Array.from({ length: count }, (_, at) => write(at)).join(",\n    ");
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${each((at) => `(name = "c${at}", worker = .contender)`)}
  ],
  sockets = [
    ${each((at) => `(name = "c${at}", address = "127.0.0.1:0", http = (), service = "c${at}")`)}
  ]
);

const contender :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-07-30"
);
`;
}
