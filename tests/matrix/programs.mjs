// Programs that load an entry and run the suite, each as one runtime or bundler wants it. The suite is beside them.

/**
 * @typedef {object} Loading
 * @property {string} entry
 * @property {string} baseUrl the hub's origin
 */

const SIGNER = "oci-genai-edge/signer";

/** @param {string} entry */
const imports = (entry, signer = SIGNER) => `import { OciError, OciGenAI } from "${entry}";
import { apiKeySigner } from "${signer}";
import { reportSuite } from "./suite.mjs";
`;

/** @param {string} baseUrl an expression */
const report = (baseUrl) => `reportSuite({ OciGenAI, OciError, apiKeySigner, baseUrl: ${baseUrl} })`;

/** A module that runs where it is loaded: in a process, a page or a worker. @param {Loading} loading */
export const program = ({ entry, baseUrl }, signer = SIGNER) =>
  `${imports(entry, signer)}${report(JSON.stringify(baseUrl))};\n`;

/** The same in CommonJS. @param {Loading} loading */
export const commonJs = ({ entry, baseUrl }) => `const { OciError, OciGenAI } = require("${entry}");
const { apiKeySigner } = require("${SIGNER}");
const { reportSuite } = require("./suite.mjs");
${report(JSON.stringify(baseUrl))};
`;

/** A Worker that runs the suite for a request. @param {Loading} loading */
export const worker = ({ entry, baseUrl }, signer = SIGNER) => `${imports(entry, signer)}
export default {
  async fetch() {
    await ${report(JSON.stringify(baseUrl))};
    return new Response("done");
  },
};
`;

/** A service worker that does. @param {Loading} loading */
export const serviceWorker = ({ entry, baseUrl }, signer = SIGNER) => `${imports(entry, signer)}
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname !== "/run") return;
  event.respondWith(${report(JSON.stringify(baseUrl))}.then(() => new Response("done")));
});
`;

/**
 * A page. What goes wrong before the suite runs is told to the hub too.
 *
 * @param {string} baseUrl
 * @param {string} body
 */
export const page = (baseUrl, body) => `<!doctype html>
<meta charset="utf-8">
<script>
  function tellFault({ reason, message, target }) {
    const fault = String(reason?.message ?? reason ?? message ?? "could not load " + (target?.src ?? "a file"));
    fetch("${baseUrl}/suite/fault", { method: "POST", body: JSON.stringify(fault) });
  }
  addEventListener("error", tellFault, true);
  addEventListener("unhandledrejection", tellFault);
</script>
${body}
`;

/** What a page does to run a Web Worker. @param {"classic" | "module"} type */
export const startsWorker = (type) => `<script type="module">
  new Worker("./worker.js", { type: "${type}" }).onerror = tellFault;
</script>`;

/** What a page does to run a service worker. @param {"classic" | "module"} type */
export const startsServiceWorker = (type) => `<script type="module">
  await navigator.serviceWorker.register("./worker.js", { type: "${type}" });
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
  }
  await fetch("/run");
</script>`;
