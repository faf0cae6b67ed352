// A script in Node, without the types of the DOM.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { stdout } from "node:process";

import { OciError, OciGenAI, type ChatCompletion } from "oci-genai-edge";
import gateway from "oci-genai-edge/gateway";
import { toNodeHandler } from "oci-genai-edge/gateway/node";
import { apiKeySigner } from "oci-genai-edge/signer";
import { init, OciGenAI as Slim } from "oci-genai-edge/slim";

const oci = new OciGenAI({
  region: process.env.OCI_REGION ?? "us-chicago-1",
  compartmentId: process.env.OCI_COMPARTMENT,
  sign: apiKeySigner({
    tenancy: process.env.OCI_TENANCY ?? "",
    user: process.env.OCI_USER ?? "",
    fingerprint: process.env.OCI_FINGERPRINT ?? "",
    privateKey: () => readFile("key.pem", "utf8"),
  }),
});

export async function main(): Promise<ChatCompletion | undefined> {
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort(new Error("stopped")));
  const stream = oci.stream(
    { model: "cohere.command-r-08-2024", messages: [{ role: "user", content: "Hello" }] },
    { signal: stopping.signal },
  );
  try {
    for await (const text of stream.text()) stdout.write(text);
    return await stream.final();
  } catch (error) {
    if (error instanceof OciError && error.code === "stream_truncated") return error.partial;
    throw error;
  }
}

export async function serve(request: Request): Promise<Response> {
  const response = await oci.fetch(request);
  await oci.fetch("http://any.example/v1/models", { headers: new Headers({ "x-a": "b" }) });
  return response.ok ? response : new Response(await response.text(), { status: 500 });
}

export function listen(): void {
  const env = { GATEWAY_TOKEN: "t" };
  const onError = (error: unknown) => stdout.write(String(error));
  createServer(toNodeHandler((request) => gateway.fetch(request, env), { onError })).listen(8787);
  createServer(toNodeHandler(oci.fetch));
  // @ts-expect-error a handler of Requests returns a Response
  toNodeHandler(() => "text");
}

export async function slim(): Promise<void> {
  await init(await readFile("core.wasm"));
  const client = new Slim({ fetch: globalThis.fetch, sign: () => new Headers() });
  await using stream = client.stream({ model: "meta.llama", messages: [] });
  const response: Response = await stream.toResponse();
  // @ts-expect-error a response has no such thing
  response.events;
}
