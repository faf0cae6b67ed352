// app.js
import { Hono } from "hono";
import { oci } from "./oci.js";

const app = new Hono();

// A route of your own, which streams chunks.
app.post("/ask", async ({ req }) => {
  const messages = [{ role: "user", content: await req.text() }];
  return oci().stream({ model: "house", messages }, { signal: req.raw.signal }).toResponse();
});

// OpenAI's API, for whatever speaks it.
app.all("/v1/*", ({ req }) => oci().fetch(req.raw));

export default app;
