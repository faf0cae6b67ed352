// The Worker: prepares the contender that its first request names, and does what each request asks for.
import { prepareContender } from "../contender-runner.mjs";

/** @type {ReturnType<typeof prepareContender> | undefined} */
let ready;

export default {
  /** @param {Request} request */
  async fetch(request) {
    const body = /** @type {import("./isolate-runner.mjs").CommandBody} */ (await request.json());
    const { contender, method, chunking, repeats } = body;
    try {
      ready ??= prepareContender(...contender);
      const runner = await ready;
      const result = await (method === "time" ? runner.time(chunking, repeats) : runner.outcome(chunking));
      return Response.json({ result });
    } catch (error) {
      return Response.json({ error: error instanceof Error ? error.stack : `${error}` });
    }
  },
};
