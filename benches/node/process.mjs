// A contestant in a process of its own: it does what the messages of entrant.mjs ask.
import { contestant } from "../contestant.mjs";
import { pin } from "../pin.mjs";

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
