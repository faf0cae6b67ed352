// The upstream in a process of its own. `startUpstreamProcess` is for the parent; the rest runs in the child.
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { spawned } from "./child-process.mjs";
import { startUpstream } from "./upstream.mjs";

/** `tell(fields)` sets what the upstream goes by (its gate), and resolves to its counts: `{ open, peak, closedEarly }`. */
export async function startUpstreamProcess() {
  const args = [fileURLToPath(import.meta.url), "child"];
  const child = spawned(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const answered = async () => (await once(child, "message"))[0];
  const { port } = await answered();
  const tell = async (fields = {}) => {
    child.send(fields);
    return answered();
  };
  const stop = async () => {
    child.kill("SIGKILL");
    await once(child, "close");
  };
  return { port, tell, stop };
}

if (process.send && process.argv[2] === "child") {
  const upstream = await startUpstream();
  process.on("message", (fields) => {
    Object.assign(upstream, fields);
    const { open, peak, closedEarly } = upstream;
    process.send({ open, peak, closedEarly });
  });
  process.on("disconnect", () => process.exit());
  process.send({ port: upstream.port });
}
