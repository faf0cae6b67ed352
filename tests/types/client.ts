// The client as an application uses it, with the types of a browser or a bundler.

import { OciError, OciGenAI } from "oci-genai-edge";
import type {
  CallOptions,
  CallReport,
  ChatMessage,
  ChatRequest,
  ChatStream,
  ChatTool,
  ClientOptions,
  ModelTarget,
  RequestSigner,
  Route,
} from "oci-genai-edge";
import { same, type Same } from "./same.js";

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";

export const sign: RequestSigner = ({ method, url, headers, body, attempt, signal }) => {
  same<Same<typeof method, "POST">>(true);
  const length: number = body.byteLength;
  signal?.throwIfAborted();
  return {
    authorization: `Signature ${url} ${headers["content-type"]} ${length} ${attempt}`,
    "x-date": new Date().toUTCString(),
  };
};

export const options = {
  compartmentId: "ocid1.compartment.oc1..example",
  region: "us-chicago-1",
  realm: "oc1",
  endpoint: new URL("https://private.example/oci"),
  sign,
  apiKey: async () => "sk-example",
  models: {
    house: DAC,
    cohere: { model: DAC, apiFormat: "COHERE" },
    either: [DAC, { model: "meta.llama-3.3-70b-instruct", region: "us-ashburn-1", transport: "openai" }],
  },
  headers: { "x-team": "search" },
  fetch: (input, init) => fetch(input, init),
  retry: { maxAttempts: 2, baseDelayMs: 100, maxDelayMs: 1000, maxRequests: 5 },
  strategy: "fastest",
  timeouts: { totalMs: 60_000, firstChunkMs: 10_000, chunkMs: 5_000 },
  limits: { maxEventBytes: 1 << 20, maxResponseBytes: 1 << 24, maxErrorBytes: 4096, maxToolCalls: 8 },
  fallback: "never",
  toolCallText: "off",
  reasoningText: "auto",
  apiFormat: "GENERIC",
  transport: "native",
  onFinish: (report) => console.log(report.totalMs, report.attempts.at(-1)?.status, report.error),
} satisfies ClientOptions;

export const oci = new OciGenAI(options);
new OciGenAI({ ...options, fetch });
new OciGenAI({ ...options, endpoint: "http://127.0.0.1:8080", apiKey: "sk-example" });

// Aliases that are known at run time only.
export const targets: readonly ModelTarget[] = [
  DAC,
  { model: DAC, endpoint: "https://other.example", compartmentId: "ocid1.compartment.oc1..other" },
];
new OciGenAI({ models: { [DAC.slice(-7)]: targets } });

export function hostOf(model: string): string {
  const route: Route = oci.route(model, { apiFormat: "COHEREV2", transport: "native" });
  if (route.servingMode?.servingType === "DEDICATED") {
    const id: string = route.servingMode.endpointId;
    // @ts-expect-error a dedicated endpoint has no model id
    console.log(id, route.servingMode.modelId);
  }
  return new URL(route.url).host;
}

const messages: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  {
    role: "user",
    content: [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    ],
  },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: "call_1", content: "a cat" },
];

const tools: ChatTool[] = [
  {
    type: "function",
    function: { name: "look", description: "Looks.", parameters: { type: "object", properties: {} } },
  },
];

export async function answer(signal: AbortSignal): Promise<string> {
  const callOptions: CallOptions = {
    signal,
    timeouts: { totalMs: 1000 },
    headers: { "x-a": "b" },
    fallback: "auto",
    apiFormat: "COHERE",
  };
  const completion = await oci.chat(
    {
      model: "house",
      messages,
      tools,
      tool_choice: { type: "function", function: { name: "look" } },
      response_format: { type: "json_schema", json_schema: { name: "cat", schema: { type: "object" } } },
      temperature: 0.2,
      max_tokens: null,
      stop: ["\n"],
      oci: {
        top_k: 40,
        documents: [{ title: "Cats" }],
        citation_quality: "ACCURATE",
        safety_mode: "STRICT",
        max_input_tokens: 4096,
      },
      a_parameter_of_tomorrow: { any: "thing" },
    },
    callOptions,
  );
  same<Same<typeof completion.object, "chat.completion">>(true);
  const choice = completion.choices[0];
  // An answer can be sent back unchanged.
  if (choice) messages.push(choice.message);
  for (const call of choice?.message.tool_calls ?? []) same<Same<typeof call.function.arguments, string>>(true);
  const counts: number | undefined = completion.usage?.completion_tokens_details?.reasoning_tokens;
  const queries: unknown[] | undefined = completion.oci?.search_queries;
  return `${choice?.message.content ?? choice?.message.refusal} ${counts} ${queries?.length} ${completion.oci?.opc_request_id}`;
}

// As parsed from a request's body, with unknown messages.
export async function relay(body: { model: string; messages: unknown[] }): Promise<Response> {
  return oci.stream(body).toResponse({ status: 200, headers: { "x-a": "b" } });
}

export async function read(request: ChatRequest): Promise<CallReport | undefined> {
  await using stream = oci.stream(request);
  for await (const chunk of stream) {
    same<Same<typeof chunk.object, "chat.completion.chunk">>(true);
    const delta = chunk.choices[0]?.delta;
    for (const call of delta?.tool_calls ?? []) console.log(call.index, call.id, call.function?.arguments);
    console.log(delta?.content, delta?.reasoning_content, chunk.usage?.total_tokens, chunk.oci?.fallback);
    if (chunk.choices[0]?.finish_reason === "length") break;
  }
  for await (const text of stream.text()) same<Same<typeof text, string>>(true);
  const whole = await stream.final();
  console.log(whole.choices.length);
  await stream.cancel(new Error("enough"));
  return stream.report;
}

export async function steps(stream: ChatStream): Promise<void> {
  const step = await stream.next();
  if (!step.done) console.log(step.value.id);
  await stream.return();
  const body: ReadableStream<Uint8Array> = stream.toReadableStream();
  await body.cancel();
  const iterable: AsyncIterable<{ id: string }> = stream;
  console.log(iterable);
}

export async function served(): Promise<Response> {
  await oci.fetch("https://any.example/v1/chat/completions", { method: "POST", body: "{}" });
  await oci.fetch(new URL("https://any.example/v1/models"));
  const { fetch: bound } = oci;
  const asFetch: typeof fetch = bound;
  return asFetch(new Request("https://any.example/v1/models"));
}

// A switch over all codes is exhaustive.
export function advice(error: unknown): string {
  if (!(error instanceof OciError)) throw error;
  const status: number | undefined = error.status;
  const partial: string | null | undefined = error.partial?.choices[0]?.message.content;
  const logged: string = JSON.stringify(error);
  const last = error.attempts.at(-1);
  console.log(
    status,
    partial,
    logged,
    last?.opcRequestId,
    error.hint,
    error.param,
    error.serviceCode,
    error.cause,
    error.retryable,
    error.retryAfterMs,
  );
  switch (error.code) {
    case "invalid_options":
    case "invalid_model":
    case "invalid_request":
    case "missing_compartment":
    case "region_mismatch":
    case "signer_failed":
    case "invalid_signature":
      return "nothing was sent";
    case "network":
    case "redirected":
    case "timeout":
    case "unauthorized":
    case "not_found_or_unauthorized":
    case "conflict":
    case "rate_limited":
    case "bad_request":
    case "content_filtered":
    case "wrong_api_format":
    case "service_unavailable":
    case "service_error":
      return "no answer";
    case "invalid_response":
    case "unsupported_encoding":
    case "limit_exceeded":
    case "stream_truncated":
    case "stream_error":
      return "an invalid answer";
    case "all_targets_failed":
    case "internal":
      return "anything else";
    default: {
      const none: never = error.code;
      return none;
    }
  }
}
