// The other entries, which share their classes with the main one.

import { OciGenAI, OciError, ChatStream } from "oci-genai-edge";
import gateway, {
  createGateway,
  type Gateway,
  type GatewayConfiguration,
  type GatewayEnv,
} from "oci-genai-edge/gateway";
import { apiKeySigner, signingString, tokenSigner } from "oci-genai-edge/signer";
import {
  instancePrincipalSigner,
  profileSigner,
  readProfile,
  resourcePrincipalSigner,
  type Profile,
  type ProfileOptions,
} from "oci-genai-edge/signer/node";
import * as slim from "oci-genai-edge/slim";

const { OciGenAI: Slim, init } = slim;

export async function load(bytes: Uint8Array<ArrayBuffer>): Promise<slim.OciGenAI> {
  await init(bytes);
  await init(bytes.buffer);
  await init(new URL("https://cdn.example/core.wasm"));
  await init("https://cdn.example/core.wasm");
  await init(fetch("https://cdn.example/core.wasm"));
  await init(await fetch("https://cdn.example/core.wasm"));
  await init(await WebAssembly.compile(bytes));
  await init(WebAssembly.compile(bytes));
  const client: OciGenAI = new Slim({ region: "us-chicago-1" });
  const stream: slim.ChatStream = client.stream({ model: "meta.llama", messages: [] });
  console.log(stream instanceof ChatStream, slim.OciError === OciError);
  return client;
}

const sign = apiKeySigner({
  tenancy: "ocid1.tenancy.oc1..example",
  user: "ocid1.user.oc1..example",
  fingerprint: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
  privateKey: async () => "-----BEGIN PRIVATE KEY-----",
});
export const clients = [
  new OciGenAI({ sign }),
  new OciGenAI({ sign: tokenSigner({ token: () => "token", privateKey: "-----BEGIN PRIVATE KEY-----" }) }),
  // A custom signer that uses `signingString`.
  new OciGenAI({
    sign: async (request) => {
      const text = signingString(["x-date", "(request-target)", "host"], { ...request, headers: { "x-date": "now" } });
      return new Headers({ authorization: text });
    },
  }),
  new OciGenAI({ sign: () => [["authorization", "Signature"]] }),
];

export const nodeSigners = [
  new OciGenAI({ sign: profileSigner() }),
  new OciGenAI({ sign: profileSigner({ configFile: "~/.oci/config", profile: "TEAM", env: { HOME: "." } }) }),
  new OciGenAI({ sign: instancePrincipalSigner({ fetch, timeoutMs: 1000, now: () => new Date() }) }),
  new OciGenAI({ sign: resourcePrincipalSigner({ env: {} }) }),
];
export async function regionOf(options: ProfileOptions): Promise<string | undefined> {
  const profile: Profile = await readProfile(options);
  const kind: "api_key" | "session_token" = profile.kind;
  return kind === "api_key" ? profile.region : profile.compartmentId;
}
// @ts-expect-error the key of a profile is in a file
profileSigner({ privateKey: "-----BEGIN PRIVATE KEY-----" });

export const worker: Gateway = gateway;
export const configured: Gateway<{ REGION: string }> = createGateway({
  configure: (env: { REGION: string }) => ({ region: env.REGION, token: "t" }),
});
export const plain: Gateway = createGateway();
export const empty: Gateway = createGateway({});
const env: GatewayEnv = {
  GATEWAY_TOKEN: "t",
  OCI_MODELS: { a: "meta.llama", b: ["meta.llama", { model: "cohere.command-r" }] },
};
const configuration: GatewayConfiguration = {
  token: "t",
  sign,
  onFinish: ({ usage, phase }) => console.log(usage?.total_tokens, phase === "authorization"),
  origins: ["https://app.example"],
  maxBodyBytes: 1000,
  bodyTimeoutMs: 1000,
  allowAnyModel: true,
  logErrors: false,
  timeouts: { totalMs: 1000 },
};
export const everywhere: GatewayConfiguration = { origins: "*" };
export const variables: GatewayEnv = {
  GATEWAY_ORIGINS: "*",
  GATEWAY_MAX_BODY_BYTES: 5,
  GATEWAY_CHUNK_TIMEOUT_MS: "5",
  GATEWAY_LOG_ERRORS: true,
  GATEWAY_GUARDRAILS: { ours: { prompt_injection: true, output: false } },
  OCI_ALLOW_ANY_MODEL: "true",
};
export const answered: Promise<Response> = gateway.fetch(
  new Request("https://gateway.example/v1/models"),
  { ...env, OCI_MODELS: "{}" },
  {},
);
export const other = createGateway({ configure: () => configuration });
