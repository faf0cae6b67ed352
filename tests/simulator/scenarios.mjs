// What each simulated dedicated endpoint does. Data only, so that tests, demo and documents can
// list it.

/** @import { ApiFormat, Scenario } from "./types.d.ts" */

/**
 * The OCID of a simulated endpoint.
 *
 * @param {string} name
 */
export function endpointId(name) {
  return `ocid1.generativeaiendpoint.oc1.us-chicago-1.${name}`;
}

/** @type {ApiFormat[]} */
const GENERIC = ["GENERIC"];
/** @type {ApiFormat[]} */
const COHERE = ["COHERE"];

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  simgeneric: { describe: "An imported model without any fault.", formats: GENERIC },
  simcohere: { describe: "A Cohere model that accepts COHERE only.", formats: COHERE },
  simcoherev2: { describe: "A Cohere model that accepts COHEREV2 only.", formats: ["COHEREV2"] },
  simcoheresplit: {
    describe: "COHERE whose tool calls end in two events: one with everything, then a bare finishReason.",
    formats: COHERE,
    backend: "split",
  },
  simxai: {
    describe: "Whole tool calls, one per event; a finish event without message; reasoning outside completionTokens.",
    formats: GENERIC,
    backend: "xai",
  },
  simgpt: {
    describe: 'Tool calls opened with arguments "" and continued without id, also the second of two.',
    formats: GENERIC,
    backend: "gpt",
  },
  simgemini: {
    describe: 'Whole tool calls without any id; finishes with "STOP" even then.',
    formats: GENERIC,
    backend: "gemini",
  },
  simqwen: {
    describe: "Tool calls as <tool_call> text inside the content, finish reason stop.",
    formats: GENERIC,
    backend: "qwen",
  },
  simoneevent: {
    describe: "The whole answer in the finish event, tool calls bundled in one array.",
    formats: GENERIC,
    backend: "bundled",
  },
  simembed: { describe: "A model that embeds, and does not chat.", formats: [] },
  simrerank: { describe: "A model that reranks, and does not chat.", formats: [] },

  simsinglenewline: { describe: "Events separated by a single line feed.", formats: GENERIC, framing: "single" },
  simcrlf: { describe: "Lines that end in CR LF.", formats: GENERIC, framing: "crlf" },
  simcomments: {
    describe: "Comments, blank keep-alives, event: lines, no space after data:, no newline at the end.",
    formats: GENERIC,
    framing: "comments",
  },
  simsplit: {
    describe: "Writes of 7 bytes, which cut events and characters.",
    formats: GENERIC,
    framing: "split",
  },
  simzstd: {
    describe: "One zstd frame per event, sent without a content-encoding header.",
    formats: GENERIC,
    framing: "zstd",
  },

  simnostream: { describe: "Rejects streams with 400; answers unstreamed.", formats: GENERIC, stream: "reject" },
  simnostreamcohere: { describe: "The same with a COHERE model.", formats: COHERE, stream: "reject" },
  simjson: { describe: "Answers a request for a stream with one JSON document.", formats: GENERIC, stream: "json" },
  simerror500: { describe: "Streams fail with 500; answers unstreamed.", formats: GENERIC, stream: "error500" },
  simcut: { describe: "The connection is destroyed after about half of the events.", formats: GENERIC, stream: "cut" },
  simcutearly: {
    describe: "The connection is destroyed after the headers, before any event; answers unstreamed.",
    formats: GENERIC,
    stream: "cutEarly",
  },
  simempty: {
    describe: "An event stream that ends without any event; answers unstreamed.",
    formats: GENERIC,
    stream: "empty",
  },
  simgarbage: {
    describe: "An event stream whose data is not JSON; answers unstreamed.",
    formats: GENERIC,
    stream: "garbage",
  },
  simerrorevent: { describe: "Some deltas, then an error event.", formats: GENERIC, stream: "errorEvent" },
  simnofinish: {
    describe: "Some deltas, then a clean end: no finish event, no [DONE].",
    formats: GENERIC,
    stream: "noFinish",
  },
  simhang: { describe: "Headers, then nothing until the connection closes.", formats: GENERIC, stream: "hang" },
  simslow: {
    describe: "Headers at once, the first event after 2 seconds, then the normal pace.",
    formats: GENERIC,
    delay: 2000,
  },

  simdown: {
    describe: "503, always.",
    formats: GENERIC,
    always: { status: 503, code: "ServiceUnavailable", message: "The service is currently unavailable." },
  },
  simgateway: {
    describe: "502 with an HTML body, always: the error of a load balancer.",
    formats: GENERIC,
    always: { status: 502, html: "<html><body><h1>502 Bad Gateway</h1></body></html>" },
  },
  simcreating: {
    describe: "409 IncorrectState, always: an endpoint that is not ACTIVE yet.",
    formats: GENERIC,
    state: "CREATING",
    always: { status: 409, code: "IncorrectState", message: "The endpoint is not in an active state." },
  },
  simthrottled: {
    describe: "429 TooManyRequests with Retry-After: 1, always.",
    formats: GENERIC,
    always: {
      status: 429,
      code: "TooManyRequests",
      message: "Service request limit is exceeded, request is throttled.",
      headers: { "retry-after": "1" },
    },
  },
  simthrottledonce: {
    describe: 'The first request gets 429 (code "429", Retry-After: 0), the next ones an answer.',
    formats: GENERIC,
    once: {
      status: 429,
      code: "429",
      message: "Service request limit is exceeded, request is throttled.",
      headers: { "retry-after": "0" },
    },
  },
  simredirect: {
    describe: "307 to another path of the simulator, which is 404.",
    formats: GENERIC,
    always: {
      status: 307,
      code: "TemporaryRedirect",
      message: "The resource has moved.",
      headers: { location: "/elsewhere" },
    },
  },
  simunavailableonce: {
    describe: "The first request gets 503, the next ones an answer.",
    formats: GENERIC,
    once: { status: 503, code: "ServiceUnavailable", message: "The service is currently unavailable." },
  },
  simbusy: {
    describe: "503 with Retry-After: 60, always.",
    formats: GENERIC,
    always: {
      status: 503,
      code: "ServiceUnavailable",
      message: "The service is currently unavailable.",
      headers: { "retry-after": "60" },
    },
  },
  simguardrail: {
    describe: "400 from a guardrail of the endpoint, always.",
    formats: GENERIC,
    always: { status: 400, code: "400", message: "Inappropriate content detected!" },
  },
  simblocklist: {
    describe: "400 from content moderation, always.",
    formats: GENERIC,
    always: { status: 400, code: "400", message: "Inappropriate output content detected in output blocklist" },
  },
};
