// A custom Worker, with the types of Cloudflare's runtime.

import { OciError, OciGenAI } from "oci-genai-edge";
import wasm from "oci-genai-edge/wasm";
import gateway, { Budget, TargetHealth, createGateway, type KeyRecord } from "oci-genai-edge/gateway";
import { apiKeySigner } from "oci-genai-edge/signer";
import { init } from "oci-genai-edge/slim";

interface Env {
  OCI_TENANCY: string;
  OCI_USER: string;
  OCI_FINGERPRINT: string;
  OCI_PRIVATE_KEY: string;
  COMPARTMENT: string;
  ENDPOINT_OCID: string;
  GATEWAY_TOKEN: string;
  ASSETS: Fetcher;
  GATEWAY_KEYS: KVNamespace;
  RATE_LIMITER: RateLimit;
  BUDGETS: DurableObjectNamespace;
  TARGET_HEALTH: DurableObjectNamespace;
}

let oci: OciGenAI | undefined;

const clientOf = (env: Env): OciGenAI =>
  (oci ??= new OciGenAI({
    compartmentId: env.COMPARTMENT,
    models: { house: { model: env.ENDPOINT_OCID, apiFormat: "GENERIC" } },
    sign: apiKeySigner({
      tenancy: env.OCI_TENANCY,
      user: env.OCI_USER,
      fingerprint: env.OCI_FINGERPRINT,
      privateKey: env.OCI_PRIVATE_KEY,
    }),
  }));

export default {
  async fetch(request, env, ctx) {
    const client = clientOf(env);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/v1/")) return client.fetch(request);
    try {
      const { question } = await request.json<{ question: string }>();
      const stream = client.stream(
        { model: "house", messages: [{ role: "user", content: question }], stream_options: { include_usage: true } },
        { signal: request.signal },
      );
      ctx.waitUntil(stream.final().catch(() => undefined));
      return await stream.toResponse({ headers: { "cache-control": "no-store" } });
    } catch (error) {
      if (error instanceof OciError) return Response.json(error, { status: error.status ?? 500 });
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;

// The gateway is an ExportedHandler, and a service binding is accepted as its assets.
export const ready: ExportedHandler<Env> = gateway;
export const configured = createGateway({
  configure: (env: Env) => ({
    token: env.GATEWAY_TOKEN,
    compartmentId: env.COMPARTMENT,
    keys: env.GATEWAY_KEYS,
    rateLimiter: env.RATE_LIMITER,
    rateLimit: "100/60",
    budgets: env.BUDGETS,
    targetHealth: env.TARGET_HEALTH,
  }),
}) satisfies ExportedHandler<Env>;
export const loaded: Promise<void> = init(wasm);
export const bytes = (stream: ReadableStream<Uint8Array>): Response => new Response(stream);

// Their classes are Durable Objects of the runtime.
export const objects: ((state: DurableObjectState) => DurableObject)[] = [
  (state) => new Budget(state),
  (state) => new TargetHealth(state),
];
export const record: KeyRecord = { name: "team a", models: ["house"], tokens_per_day: 1_000_000 };
