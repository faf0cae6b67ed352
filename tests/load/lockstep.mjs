// Streams whose upstream and caller walk in step: the next batch of events leaves when the last one has arrived. So every batch
// is one network chunk, however many streams there are, and the Worker is never behind.

const LF = 10;

/** Reads `streams` streams, `lanes` of them at a time. `first` is the number of the first stream. */
export async function walk({ client, upstream, first, streams, lanes, tokens, batch }) {
  let next = first;
  const lane = async () => {
    while (next < first + streams) await one(client, upstream, { stream: next++, tokens, batch, way: "step" });
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function one(client, upstream, asked) {
  const response = await client.open(asked);
  const step = upstream.steps.get(asked.stream);
  // An event ends with two line feeds, and holds no other.
  let wanted = 2 * asked.batch;
  let seen = 0;
  await new Promise((resolve, reject) => {
    response.on("data", (data) => {
      for (let at = data.indexOf(LF); at >= 0; at = data.indexOf(LF, at + 1)) seen++;
      if (seen < wanted || !upstream.steps.has(asked.stream)) return;
      wanted += 2 * asked.batch;
      step();
    });
    response.on("end", resolve);
    response.on("error", reject);
  });
}
