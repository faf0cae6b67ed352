// An app of the npm package `hono` around a client: in Node, and in the Worker of worker.mjs.

import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

/**
 * OpenAI's API under /v1, and /ask/{model}, which streams the text alone.
 *
 * @param {() => import("oci-genai-edge").OciGenAI} clientOf
 */
export function appOf(clientOf) {
  const app = new Hono();
  app.all("/v1/*", ({ req }) => clientOf().fetch(req.raw));
  app.post("/ask/:model", async (context) => {
    const messages = [{ role: /** @type {const} */ ("user"), content: await context.req.text() }];
    const text = clientOf().stream({ model: context.req.param("model"), messages }, { signal: context.req.raw.signal });
    return streamSSE(context, async (stream) => {
      for await (const data of text.text()) await stream.writeSSE({ data: JSON.stringify(data) });
    });
  });
  return app;
}
