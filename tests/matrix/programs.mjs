// What is run everywhere: a client that streams from a service in memory, and gives the text.

/** What `run` gives where everything works. */
export const EXPECTED = "Hello from oci-genai-edge";

const RUN = `
async function run({ OciGenAI }) {
  const [first, second] = ${JSON.stringify([EXPECTED.slice(0, 5), EXPECTED.slice(5)])};
  const event = (text) => ({ index: 0, message: { content: [{ type: "TEXT", text }] } });
  const events = [event(first), event(second), { finishReason: "stop" }];
  const body = events.map((event) => "data: " + JSON.stringify(event) + "\\n\\n").join("");
  const fetch = async () => new Response(body);
  const oci = new OciGenAI({ compartmentId: "ocid1.compartment.oc1..example", fetch });
  const model = "ocid1.generativeaiendpoint.oc1.iad.example";
  let output = "";
  for await (const piece of oci.stream({ model, messages: [{ role: "user", content: "Hi" }] }).text()) output += piece;
  return output;
}
`;

/** @param {string} entry */
export const importing = (entry) => `import * as entry from "${entry}";
${RUN}
`;

/** Prints the text. */
export const printing = (/** @type {string} */ entry) =>
  `${importing(entry)}\nrun(entry).then((output) => console.log(output));\n`;

/** The same in CommonJS. */
export const requiring = (/** @type {string} */ entry) =>
  `const entry = require("${entry}");\n${RUN}\nrun(entry).then((output) => console.log(output));\n`;

/** Shows it as the title of a page. */
export const titling = (/** @type {string} */ entry) =>
  `${importing(entry)}\nrun(entry).then((output) => (document.title = output));\n`;

/** Posts it from a worker. */
export const posting = (/** @type {string} */ entry) =>
  `${importing(entry)}\nrun(entry).then((output) => postMessage(output));\n`;

/** Answers requests for /answer from a service worker. */
export const serving = (/** @type {string} */ entry) => `${importing(entry)}
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname !== "/answer") return;
  event.respondWith(run(entry).then((output) => new Response(output)));
});
`;
