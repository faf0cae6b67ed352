// The same in workerd: callers that hang up in the middle of a stream, and Workers that forget theirs.
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "./client.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";
import { startWorker } from "./worker.mjs";

const STREAMS = 1000;
const AT_ONCE = 100;
const ROUNDS = 4;
/** Finalizers run when workerd finds the time; what they may lag behind by. A leak would be 60 pages a round. */
const SLACK_PAGES = 4;

export async function disconnects() {
  const upstream = await startUpstreamProcess();
  const worker = await startWorker("ours", upstream.port);
  const client = new Client(worker.port);
  try {
    const hungUp = (asked) => client.open(asked).then((response) => ended(response, "data"));
    const dropped = (asked) => client.open(asked, { path: "/dropped" }).then((response) => ended(response, "end"));
    const rows = [
      ...(await rounds("callers that hang up", hungUp, worker, upstream)),
      ...(await rounds("Workers that forget their stream", dropped, worker, upstream)),
    ];
    const note = `In one isolate of workerd; a round is ${STREAMS} streams, ${AT_ONCE} at a time, two rounds are the warm-up.`;
    return { title: "1,000 streams that are left, in workerd", rows, note };
  } finally {
    client.close();
    await worker.stop();
    await upstream.stop();
  }
}

async function rounds(name, leave, worker, upstream) {
  const before = (await upstream.tell()).closedEarly;
  let stream = 0;
  const round = async () => {
    for (let from = 0; from < STREAMS; from += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => leave({ stream: stream++, tokens: 6, way: "drip" })));
      await pagesOf(worker);
    }
    await sleep(200);
  };
  await round();
  await round();
  const warm = await pagesOf(worker);
  for (let count = 0; count < ROUNDS; count++) await round();
  const now = await pagesOf(worker);
  const closed = (await upstream.tell()).closedEarly - before;
  return [
    [`${name}: pages after two rounds, and after ${ROUNDS} more`, `${warm}, ${now}`, now - warm <= SLACK_PAGES],
    [`${name}: connections closed`, `${closed} of ${stream}`, closed === stream],
  ];
}

/** wasm's memory, after collections. */
async function pagesOf(worker) {
  let pages;
  for (let times = 0; times < 3; times++) {
    pages = Number(await (await fetch(`http://127.0.0.1:${worker.port}/pages`)).text());
    await sleep(5);
  }
  return pages;
}

/** Resolves when the response has told so much, and is gone. */
function ended(response, event) {
  return new Promise((resolve) => {
    response.on("error", () => {});
    response.on("close", resolve);
    response.once(event, () => response.destroy());
    response.resume();
  });
}
