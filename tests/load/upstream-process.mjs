// The upstream in a process of its own. `startUpstreamProcess` is for the parent, the rest runs in
// the child.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startChild } from "./child-process.mjs";
import { startUpstream } from "./upstream.mjs";

/** @import { UpstreamProcess } from "./types.d.ts" */

/** @returns {Promise<UpstreamProcess>} */
export async function startUpstreamProcess() {
  const args = [fileURLToPath(import.meta.url), "child"];
  const child = startChild(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const nextMessage = async () => (await once(child, "message"))[0];
  const { port } = await nextMessage();
  return {
    port,
    update(fields = {}) {
      child.send(fields);
      return nextMessage();
    },
    async stop() {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

if (process.send && process.argv[2] === "child") {
  const upstream = await startUpstream();
  process.on("message", (fields) => {
    Object.assign(upstream, fields);
    const { open, peak, closedEarly } = upstream;
    process.send?.({ open, peak, closedEarly });
  });
  process.on("disconnect", () => process.exit());
  process.send({ port: upstream.port });
}
