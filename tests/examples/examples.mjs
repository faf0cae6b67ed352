// The examples of this repository, and how each is asked.

/**
 * A program that prints an answer, or a server with paths that answer a question.
 *
 * @typedef {object} Example
 * @property {string} name its folder in examples/
 * @property {string[]} sources files of it that docs/recipes.md shows
 * @property {string} oci its file that makes the client
 * @property {Request[]} [requests] of a server
 *
 * @typedef {{ path: string, body: string }} Request
 */

export const QUESTION = "How is the weather in Oslo?";
const messages = [{ role: "user", content: QUESTION }];
const json = JSON.stringify({ messages });

/** @type {Example[]} */
export const EXAMPLES = [
  {
    name: "hono",
    sources: ["app.js"],
    oci: "oci.js",
    requests: [
      { path: "/ask", body: QUESTION },
      { path: "/v1/chat/completions", body: JSON.stringify({ model: "house", messages, stream: true }) },
    ],
  },
  {
    name: "next",
    sources: ["app/api/chat/route.js"],
    oci: "oci.js",
    requests: [{ path: "/api/chat", body: json }, { path: "/api/edge", body: json }],
  },
  {
    name: "sveltekit",
    sources: ["src/routes/api/chat/+server.js"],
    oci: "src/lib/oci.js",
    requests: [{ path: "/api/chat", body: json }],
  },
  { name: "ai-sdk", sources: ["main.js"], oci: "oci.js" },
  { name: "langchain", sources: ["main.js"], oci: "oci.js" },
  { name: "agents", sources: ["main.js"], oci: "oci.js" },
  { name: "deno", sources: ["main.js"], oci: "oci.js", requests: [{ path: "/", body: QUESTION }] },
  { name: "bun", sources: ["main.js"], oci: "oci.js", requests: [{ path: "/", body: QUESTION }] },
];

/** What the simulated model says: it quotes the question, or calls the tool and quotes its result. */
export const ANSWER = /You asked: "How is the weather in Oslo\?"|sunny in Oslo/;

/**
 * Variables of the environment with which an example calls a simulator.
 *
 * @param {{ url: string, compartmentId: string }} simulator
 * @param {{ tenancy: string, user: string, fingerprint: string, privateKey: string }} key
 * @param {string} endpoint its OCID
 */
export function environmentOf({ url, compartmentId }, key, endpoint) {
  return {
    OCI_ENDPOINT: url,
    OCI_COMPARTMENT_ID: compartmentId,
    OCI_DAC_ENDPOINT_OCID: endpoint,
    OCI_TENANCY: key.tenancy,
    OCI_USER: key.user,
    OCI_FINGERPRINT: key.fingerprint,
    OCI_PRIVATE_KEY: key.privateKey,
  };
}

/**
 * The text of an event stream of chunks.
 *
 * @param {string} stream
 */
export function textOf(stream) {
  const data = Array.from(stream.matchAll(/^data: (\{.*)$/gm), ([, chunk = ""]) => JSON.parse(chunk));
  return data.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
}
