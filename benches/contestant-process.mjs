// A contestant in a process of its own: it does what the messages of measure.mjs ask.
import { contestant } from "./contestant.mjs";

const [path, name, corpus] = process.argv.slice(2);
const ready = contestant(path, name, corpus);

process.on("message", async ({ does, with: given }) => {
  try {
    process.send({ result: await (await ready)[does](...given) });
  } catch (error) {
    process.send({ error: error?.stack ?? String(error) });
  }
});
process.on("disconnect", () => process.exit());
