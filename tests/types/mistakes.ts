// What must not compile: errors at run time, and values that never exist.

import { ChatStream, OciError, OciGenAI } from "oci-genai-edge";
import type { ChatMessage, ChatTool, RequestSigner, TypedChatRequest } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import { apiKeySigner } from "oci-genai-edge/signer";
import { init } from "oci-genai-edge/slim";

const oci = new OciGenAI({});
const messages = [{ role: "user", content: "Hello" }];

// options
// @ts-expect-error no such option
new OciGenAI({ compartment: "ocid1.compartment.oc1..example" });
// @ts-expect-error formats are upper case
new OciGenAI({ apiFormat: "generic" });
// @ts-expect-error
new OciGenAI({ transport: "grpc" });
// @ts-expect-error
new OciGenAI({ fallback: true });
// @ts-expect-error
new OciGenAI({ toolCallText: "on" });
// @ts-expect-error
new OciGenAI({ reasoningText: true });
// @ts-expect-error a number of milliseconds
new OciGenAI({ timeouts: { totalMs: "1s" } });
// @ts-expect-error
new OciGenAI({ timeouts: { idleMs: 1000 } });
// @ts-expect-error
new OciGenAI({ retry: { attempts: 3 } });
// @ts-expect-error
new OciGenAI({ strategy: "random" });
// @ts-expect-error a key is a string
new OciGenAI({ apiKey: 5 });
// @ts-expect-error a target needs a model
new OciGenAI({ models: { a: { region: "us-chicago-1" } } });
// @ts-expect-error
new OciGenAI({ models: { a: 5 } });
// @ts-expect-error the signer must return headers
new OciGenAI({ sign: () => 5 });
// @ts-expect-error the signer must return headers
new OciGenAI({ sign: async () => {} });
// @ts-expect-error header values are strings
new OciGenAI({ headers: { "x-a": 1 } });

// requests
// @ts-expect-error a model is needed
oci.chat({ messages });
// @ts-expect-error messages are needed
oci.chat({ model: "meta.llama" });
// @ts-expect-error
oci.chat({ model: "meta.llama", messages: "Hello" });
// @ts-expect-error
oci.chat({ model: "meta.llama", messages, temperature: "hot" });
// @ts-expect-error
oci.stream({ model: "meta.llama", messages, oci: { citation_quality: "GOOD" } });
// @ts-expect-error
oci.stream({ model: "meta.llama", messages }, { signal: new AbortController() });
// @ts-expect-error
oci.stream({ model: "meta.llama", messages }, { apiFormat: "COHERE3" });
// @ts-expect-error
oci.route(5);
// @ts-expect-error no such role
const message: ChatMessage = { role: "bot", content: "Hello" };
// @ts-expect-error a tool message needs the id of its call
const result: ChatMessage = { role: "tool", content: "Hello" };
// @ts-expect-error OCI has no custom tools
const tool: ChatTool = { type: "custom", custom: { name: "x" } };


// the typed form of requests, whose names are checked
const model = "meta.llama";
const typed = { model, messages: [{ role: "user", content: "Hello" }] } satisfies TypedChatRequest;
oci.chat({ ...typed, parameter_of_tomorrow: 1 });
// @ts-expect-error
({ ...typed, temprature: 1 }) satisfies TypedChatRequest;
// @ts-expect-error
({ model, messages: [{ rol: "user", content: "Hello" }] }) satisfies TypedChatRequest;
// @ts-expect-error
({ ...typed, tools: [{ type: "custom", custom: { name: "x" } }] }) satisfies TypedChatRequest;
// @ts-expect-error
({ ...typed, response_format: { type: "xml" } }) satisfies TypedChatRequest;

// results
const stream = oci.stream({ model: "meta.llama", messages });
// @ts-expect-error streams are created by oci.stream
new ChatStream();
// @ts-expect-error errors are created by the client
new OciError("no");
// @ts-expect-error not a promise of a response
const response: Response = stream.toResponse();
// @ts-expect-error text is a function
for await (const text of stream.text) console.log(text);
// @ts-expect-error
stream.report = undefined;
// @ts-expect-error it may be undefined
stream.report.totalMs;
// @ts-expect-error
oci.fetch = fetch;
// @ts-expect-error there may be no choice
(await stream.final()).choices[0].message;
// @ts-expect-error a delta has no message
(await stream.next()).value?.choices[0]?.message;

export function check(error: OciError): void {
  // @ts-expect-error no such code
  if (error.code === "unauthorised") return;
  // @ts-expect-error
  error.code = "internal";
}

// the other entries
// @ts-expect-error
const signer: RequestSigner = apiKeySigner({ tenancy: "ocid1.tenancy.oc1..example" });
// @ts-expect-error
init(5);
// @ts-expect-error
init();
// @ts-expect-error
createGateway({ configure: () => 5 });
// @ts-expect-error
createGateway({ configure: () => ({ token: 5 }) });

export { message, response, result, signer, tool };
