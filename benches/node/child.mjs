// A contestant in a process of its own: it does what the messages of process-runner.mjs ask.
import { contestant } from "../contender-runner.mjs";
import { pin } from "../cpu-affinity.mjs";

pin();
const ready = contestant(...JSON.parse(process.argv[2]));

process.on("message", async ({ does, with: given }) => {
  try {
    process.send({ result: await (await ready)[does](...given) });
  } catch (error) {
    process.send({ error: error?.stack ?? String(error) });
  }
});
process.on("disconnect", () => process.exit());
