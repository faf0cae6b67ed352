// Shows the product working: a simulated OCI, the Worker in workerd (wrangler dev, local), the page. Prints one URL.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { makeCredentials, startSimulator } from "../tests/simulator/server.mjs";
import { demoModels } from "./demo-models.mjs";

const credentials = makeCredentials();
const apiKey = `sk-demo-${randomBytes(12).toString("hex")}`;
const token = `demo-${randomBytes(12).toString("hex")}`;
const simulator = await startSimulator({ credentials: [credentials], apiKeys: [apiKey], pace: 30 });
const port = Number(process.env.PORT) || (await freePort());
const origin = `http://127.0.0.1:${port}`;

const bindings = {
  GATEWAY_TOKEN: token,
  OCI_ENDPOINT: simulator.url,
  OCI_COMPARTMENT_ID: simulator.compartmentId,
  OCI_TENANCY: credentials.tenancy,
  OCI_USER: credentials.user,
  OCI_FINGERPRINT: credentials.fingerprint,
  OCI_PRIVATE_KEY: credentials.privateKey.replaceAll("\n", "\\n"),
  OCI_MODELS: JSON.stringify(demoModels),
};
const vars = Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
const wrangler = spawn(
  process.execPath,
  ["node_modules/wrangler/bin/wrangler.js", "dev", "--local", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--log-level", "warn", "--show-interactive-dev-session=false", ...vars],
  { cwd: new URL("..", import.meta.url), stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "1" } },
);
let stopping = false;
wrangler.on("exit", (code) => {
  if (!stopping) console.error(`demo: wrangler ended with ${code}`);
  stop(stopping ? 0 : 1);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(0));

if (await answers(`${origin}/`)) console.log(`\n  ${origin}/#token=${token}\n\n  Ctrl+C ends it. curl -H 'authorization: Bearer ${token}' ${origin}/v1/models lists the models.\n`);
else {
  console.error("demo: the Worker did not answer within a minute");
  stop(1);
}

async function stop(code) {
  if (stopping) return;
  stopping = true;
  wrangler.kill("SIGTERM");
  await simulator.close();
  process.exit(code);
}

async function answers(url) {
  for (let tries = 0; tries < 240 && !stopping; tries++) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await sleep(250);
  }
  return false;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
    server.on("error", reject);
  });
}
