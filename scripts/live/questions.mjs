// The open questions of the wire, each put to the service by at most one request and answered from the bytes that came back.
import { OciGenAI } from "oci-genai-edge";

import { ask, clientOf } from "./calls.mjs";
import { textOf } from "./recorder.mjs";
import { streamFacts } from "./stream-facts.mjs";

/**
 * [{ question, answer, exchange? }]. `streamed` are the exchanges of the stream that was checked before, `format` is what the
 * endpoint speaks.
 */
export async function answerQuestions({ settings, recorder, streamed, format }) {
  const { endpointId, cohereModel } = settings;

  /** Makes one call and gives its exchange. How it failed stands there; the error itself is of no interest. */
  const put = async (name, request, { stream = false, client = {}, call = {} } = {}) => {
    recorder.label(name);
    const before = recorder.exchanges.length;
    const oci = clientOf(settings, recorder, { fallback: "never", ...client });
    try {
      await (stream ? oci.stream(request, call).final() : oci.chat(request, call));
    } catch {
      // A refusal is an answer.
    }
    await recorder.settled();
    return recorder.exchanges[before];
  };

  const rows = [];
  const row = (question, answer, exchange) => rows.push({ question, answer, exchange });
  const from = (question, exchange, answer = said) => row(question, exchange ? answer(exchange) : "not asked: the run has used up its requests", exchange);

  const ownStream = streamed.find(isStream) ?? streamed[0];
  // A DAC's own stream is the better evidence; Command A on demand speaks both of Cohere's formats.
  const streamIn = async (wanted) =>
    format === wanted ? ownStream : put(`on-demand-${wanted.toLowerCase()}`, ask(cohereModel), { stream: true, call: { apiFormat: wanted } });

  from("1. COHEREV2 streams: text repeated at the end? [DONE]? where is usage? pad?", await streamIn("COHEREV2"), (exchange) => {
    const { done, usage, pad, repeats } = streamFacts(textOf(exchange));
    return isStream(exchange) ? `${repeats}; [DONE] ${done ? "comes" : "does not come"}; usage ${usage}; ${pad ? "pad is there" : "no pad"}` : said(exchange);
  });
  from("2. A DAC that can't stream says", ownStream, (exchange) => (isStream(exchange) ? "not seen: this endpoint streams" : said(exchange)));
  row("2. An endpoint that is CREATING, FAILED or DELETED says", "not asked: this endpoint answers, so it is ACTIVE");
  const elsewhere = otherHost(settings);
  if (elsewhere) from("2. The endpoint in the wrong region", await put("wrong-region", ask(endpointId), { client: { endpoint: elsewhere, apiFormat: format } }));
  else row("2. The endpoint in the wrong region", "not asked: set OCI_DAC_OTHER_REGION, or OCI_OTHER_ENDPOINT where OCI_ENDPOINT is set");
  const wrong = format === "GENERIC" ? "COHERE" : "GENERIC";
  from(`2. ${wrong} to a model that speaks ${format}`, await put("wrong-format", ask(endpointId), { call: { apiFormat: wrong } }));

  if (settings.apiKey) {
    const sign = () => ({ authorization: `Bearer ${settings.apiKey}` });
    from("4. A bearer key on /actions/chat", await put("bearer-on-native", ask(endpointId), { client: { sign, apiFormat: format } }));
  } else row("4. A bearer key on /actions/chat", "not asked: OCI_GENAI_API_KEY is not set");
  from("4. An endpoint's OCID as model on /openai/v1", await put("endpoint-on-openai", ask(endpointId), { call: { transport: "openai" } }));
  from("5. [DONE] after a COHERE stream", await streamIn("COHERE"), (exchange) =>
    isStream(exchange) ? `${streamFacts(textOf(exchange)).done ? "it comes" : "it does not come"}` : said(exchange),
  );
  from("6. A temperature of 1000", await put("temperature-1000", ask(endpointId, { temperature: 1000 }), { call: { apiFormat: format } }));
  const zipped = await put("gzip-offered", ask(endpointId), { stream: true, call: { apiFormat: format, headers: { "accept-encoding": "gzip" } } });
  from("7. A stream when gzip is offered", zipped, ({ headers, chunks, status }) => {
    const encoding = headers["content-encoding"];
    return `${status}, ${encoding ? `compressed as ${encoding}` : "not compressed"}, in ${chunks.length} reads`;
  });

  // What only all answers together can tell.
  const streams = recorder.exchanges.filter(isStream);
  const withError = streams.find((exchange) => streamFacts(textOf(exchange)).errors > 0);
  row("3. An error in the middle of a stream", withError ? "seen" : `none in ${streams.length} streams`, withError);
  const waiting = recorder.exchanges.find(({ headers }) => headers["retry-after"] !== undefined);
  const refused = recorder.exchanges.filter(({ status }) => status === 429 || status >= 500).length;
  row("6. Retry-After", waiting ? `"${waiting.headers["retry-after"]}" with ${waiting.status}` : `never, in ${refused} answers of 429 or 5xx`, waiting);
  return rows.sort((a, b) => parseInt(a.question) - parseInt(b.question));
}

/** The rows as a Markdown table. */
export function tableOf(rows) {
  const cell = (text) => `${text}`.replaceAll("|", "\\|");
  const lines = rows.map(({ question, answer, exchange }) => `| ${cell(question)} | ${cell(answer)} | ${exchange?.file ?? ""} |`);
  return ["| question | answer | evidence |", "|---|---|---|", ...lines].join("\n");
}

/** What the service said, in a line. */
function said(exchange) {
  const { status, headers, error } = exchange;
  if (status === undefined) return `no answer (${error})`;
  if (status >= 200 && status < 300) return `${status}, accepted (${headers["content-type"]})`;
  const text = textOf(exchange);
  let message = text;
  try {
    const body = JSON.parse(text);
    message = [body.code, body.message ?? body.error?.message ?? ""].filter(Boolean).join(": ");
  } catch {
    message = headers["content-type"] ?? "";
  }
  return `${status} ${message.replace(/\s+/g, " ").slice(0, 160)}`.trim();
}

function isStream({ status, headers }) {
  return status === 200 && /event-stream/i.test(headers["content-type"] ?? "");
}

function otherHost({ endpoint, otherEndpoint, otherRegion, endpointId, region, compartmentId }) {
  if (otherEndpoint || endpoint) return otherEndpoint;
  const { realm } = new OciGenAI({ region, compartmentId }).route(endpointId);
  const there = new OciGenAI({ region: otherRegion, compartmentId }).route("meta.llama-3.3-70b-instruct");
  // A key of one realm means nothing in another.
  return there.realm === realm ? new URL(there.url).origin : undefined;
}
