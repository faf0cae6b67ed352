// The Worker: one contender, on whose behalf its isolate is started, does what a request asks.
import { contestant } from "../contender-runner.mjs";

let ready;

export default {
  async fetch(request) {
    const { about, does, given } = await request.json();
    try {
      ready ??= contestant(...about);
      return Response.json({ result: await (await ready)[does](...given) });
    } catch (error) {
      return Response.json({ error: error?.stack ?? String(error) });
    }
  },
};
