// The last sections of RESULTS.md.

export const METHOD = `## Method

- Corpora are made by \`corpora.mjs\`, the same bytes in every run, in the shapes of the recordings: 2,000 events of
  text (tool calls: 10 calls in as many fragments), with the service's random \`pad\`. Streams in chunks of 1 byte
  are a tenth as long; in workerd those of 7 too.
- Every contender calls the same \`fetch\`, which answers with an in-memory \`ReadableStream\`, one chunk a pull.
  What a stream costs to set up (the request's body, the client's own work) is included. Signing is not: it is the
  same for all.
- Every contender has a process or an isolate of its own, as in an application: V8 optimises for one of them only.
  Where \`taskset\` is available, all of their main threads are on one core.
- Before a cell is timed, the outcomes of all contenders are compared: text, reasoning, finish reason, tool calls,
  usage, the number of deltas and, normalised for id and time, every chunk. Differences are listed below the table;
  where a target depends on the contender, the run fails.
- After the warm-up come the rounds. Each runs every contender once, for about 12 ms (30 in workerd), and starts
  with another one. Times are medians of the rounds; a ratio is the median of the rounds' own ratios, so that what
  disturbs the machine for a while disturbs both sides.
- Natively, contenders take turns of 2 ms, and the fastest of each contender's turns counts.
- Against openai 7, the faster of two rows counts: with OpenAI's events of the same answer, which it need not map,
  and with OCI's. For the gateway and \`text()\`, the fastest plain JavaScript counts; one that makes fewer strings
  than ours is not compared.
- In workerd the clocks stand still while a Worker computes: the time is taken outside, around a request that reads
  many streams, less that of a request that reads none.

## Run it again

\`\`\`sh
# All of it, in about five minutes. Writes this file.
make bench
# Some cells, in seconds. --help lists the options.
node_modules/.bin/node benches/run.mjs --only=generic/1400 --rounds=5
\`\`\``;
