// A contender in a process of its own: does what the messages of process-runner.mjs request.
import { prepareContender } from "../contender-runner.mjs";
import { pinToLastCore } from "../cpu-affinity.mjs";

pinToLastCore();
/** @type {Parameters<typeof prepareContender>} */
const contender = JSON.parse(process.argv[2]);
const ready = prepareContender(...contender);

process.on("message", async (/** @type {import("./process-runner.mjs").Command} */ { method, chunking, repeats }) => {
  try {
    const runner = await ready;
    reply({ result: await (method === "time" ? runner.time(chunking, repeats) : runner.outcome(chunking)) });
  } catch (error) {
    reply({ error: error instanceof Error ? error.stack : `${error}` });
  }
});
process.on("disconnect", () => process.exit());

function reply(/** @type {object} */ message) {
  process.send?.(message);
}
