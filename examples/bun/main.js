// main.js
import { oci } from "./oci.js";

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 3000),
  async fetch(request) {
    const messages = [{ role: "user", content: await request.text() }];
    const call = { model: "house", messages };
    return oci().stream(call, { signal: request.signal }).toResponse();
  },
});
