// Streams whose upstream and caller run in lockstep: the next batch of events is sent when the last
// one has arrived. So every batch is one network chunk, however many streams there are, and the
// Worker is never behind.

/** @import { Client } from "./client.mjs" */
/** @import { StreamPlan, Upstream } from "./types.d.ts" */

const LF = 10;

/**
 * Reads streams, `lanes` of them at a time.
 *
 * @param {object} run
 * @param {Client} run.client
 * @param {Upstream} run.upstream
 * @param {number} run.first the number of the first stream
 * @param {number} run.streams
 * @param {number} run.lanes
 * @param {number} run.tokens
 * @param {number} run.batch events in a network chunk
 */
export async function readInLockstep({ client, upstream, first, streams, lanes, tokens, batch }) {
  let next = first;
  const lane = async () => {
    while (next < first + streams) {
      await readOne(client, upstream, batch, { stream: next++, tokens, mode: "step", batch });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/**
 * @param {Client} client
 * @param {Upstream} upstream
 * @param {number} batch
 * @param {StreamPlan} plan
 */
async function readOne(client, upstream, batch, plan) {
  const response = await client.open(plan);
  const step = upstream.steps.get(plan.stream);
  // An event ends with two line feeds, and has no others.
  let expected = 2 * batch;
  let received = 0;
  await new Promise((resolve, reject) => {
    response.on("data", (data) => {
      for (let at = data.indexOf(LF); at >= 0; at = data.indexOf(LF, at + 1)) received++;
      if (received < expected || !upstream.steps.has(plan.stream)) return;
      expected += 2 * batch;
      step?.();
    });
    response.on("end", resolve);
    response.on("error", reject);
  });
}
