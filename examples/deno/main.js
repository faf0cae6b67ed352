// main.js
import { oci } from "./oci.js";

const settings = { hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8000) };

Deno.serve(settings, async (request) => {
  const messages = [{ role: "user", content: await request.text() }];
  const call = { model: "house", messages };
  return oci().stream(call, { signal: request.signal }).toResponse();
});
