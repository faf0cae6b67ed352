// `oci-genai-edge chat`, against the simulator.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { endpointId, makeSessionToken } from "../simulator/server.mjs";
import { BIN, makeHome, profileFiles, runCli, startCli } from "./support/cli.mjs";
import { startHarness } from "./support/harness.mjs";

/** Runs a program in a terminal of its own; part of util-linux. */
const hasScript = spawnSync("script", ["--version"]).status === 0;

describe("chat", { timeout: 300_000 }, async () => {
  const session = makeSessionToken();
  const { key, url, compartmentId, observe, nextRequest } = await startHarness({
    credentials: [session],
    apiKeys: ["sk-right"],
    pace: 1,
  });
  const env = { HOME: makeHome(profileFiles(key)), OCI_ENDPOINT: url, OCI_COMPARTMENT_ID: compartmentId };
  const model = endpointId("simgeneric");

  test("streams one answer; usage and route go to standard error", async () => {
    const { result, requests } = await observe(() => runCli(["chat", model, "What", "is", "it?"], { env }));
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /^You asked: "What is it\?"\.\n[^]*\n$/);
    assert.match(
      result.stderr,
      /^\[\d+ \+ \d+ tokens · first chunk after \d+ ms · \d+ ms in all · DEDICATED native GENERIC us-chicago-1\]\n$/,
    );
    assert.equal(requests.length, 1);
    assert.equal(requests[0].body.chatRequest.isStream, true);
  });

  test("sends the parameters, and asks what is piped", async () => {
    const args = ["chat", model, "--system", "Be brief.", "--max-tokens", "7", "--temperature", "0.5"];
    const { result, requests } = await observe(() => runCli(args, { env, input: "Piped?\n" }));
    assert.match(result.stdout, /^You asked: "Piped\?"/);
    assert.match(result.stderr, /finish reason length/);
    const { messages, maxTokens, temperature } = requests[0].body.chatRequest;
    assert.deepEqual([maxTokens, temperature], [7, 0.5]);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["SYSTEM", "USER"],
    );
  });

  test("says so when the answer came in one piece", async () => {
    const { code, stdout, stderr } = await runCli(["chat", endpointId("simnostream"), "Hi"], { env });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^You asked: "Hi"/);
    assert.match(stderr, /in one piece: bad_request/);
  });

  test("signs with the keys of the environment", async () => {
    const { tenancy, user, fingerprint, privateKey } = key;
    const own = { OCI_TENANCY: tenancy, OCI_USER: user, OCI_FINGERPRINT: fingerprint, OCI_PRIVATE_KEY: privateKey };
    const { code, stderr } = await runCli(["chat", model, "Hi"], { env: { ...env, HOME: makeHome(), ...own } });
    assert.equal(code, 0, stderr);
  });

  test("signs as a resource of OCI, in its region", async () => {
    const own = {
      ...env,
      HOME: makeHome(),
      OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
      OCI_RESOURCE_PRINCIPAL_RPST: session.token,
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: session.privateKey,
      OCI_RESOURCE_PRINCIPAL_REGION: "eu-frankfurt-1",
    };
    const args = ["chat", "cohere.command-r-08-2024", "Hi"];
    const { result, requests } = await observe(() => runCli(args, { env: own }));
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /ON_DEMAND native COHERE eu-frankfurt-1/);
    assert.ok(requests[0].headers.authorization.includes('keyId="ST$'));
    const named = await runCli([...args, "--auth", "resource_principal"], {
      env: { ...own, OCI_RESOURCE_PRINCIPAL_RPST: "" },
    });
    assert.match(named.stderr, /signer_failed: [^]*OCI_RESOURCE_PRINCIPAL_RPST/);
  });

  test("an instance principal needs an instance", async () => {
    const own = { ...env, OCI_METADATA_BASE_URL: "http://127.0.0.1:1/opc/v2" };
    const { code, stderr } = await runCli(["chat", model, "Hi", "--auth", "instance_principal"], { env: own });
    assert.equal(code, 1);
    assert.match(stderr, /signer_failed: [^]*metadata/);
  });

  test("the region of a profile is a default, which an endpoint's own overrides", async () => {
    const own = { ...env, HOME: makeHome(profileFiles(key, { region: "eu-frankfurt-1" })) };
    const [endpoint, onDemand, contradiction] = await Promise.all([
      runCli(["chat", model, "Hi"], { env: own }),
      runCli(["chat", "cohere.command-r-08-2024", "Hi"], { env: own }),
      runCli(["chat", model, "Hi", "--region", "eu-frankfurt-1"], { env: own }),
    ]);
    assert.match(endpoint.stderr, /DEDICATED native GENERIC us-chicago-1/);
    assert.match(onDemand.stderr, /ON_DEMAND native COHERE eu-frankfurt-1/);
    assert.match(contradiction.stderr, /region_mismatch/);
  });

  test("calls the openai transport with an API key of the service", async () => {
    const args = ["chat", "meta.llama-3.3-70b-instruct", "Hi"];
    const own = { ...env, HOME: makeHome(), OCI_GENAI_API_KEY: "sk-right" };
    const { result, requests } = await observe(() => runCli(args, { env: own }));
    assert.equal(result.code, 0, result.stderr);
    assert.equal(requests[0].path, "/openai/v1/chat/completions");
    const wrong = await runCli([...args, "--auth", "generative_ai_key"], {
      env: { ...own, OCI_GENAI_API_KEY: "sk-no" },
    });
    assert.match(wrong.stderr, /^oci-genai-edge: unauthorized: .*\n {2}check the API key/);
    assert.ok(!wrong.stderr.includes("sk-no"));
  });

  test("a failure is told with what to do, and status 1", async () => {
    for (const [args, pattern] of [
      [["chat", endpointId("simunknown"), "Hi"], /not_found_or_unauthorized: .*\n {2}OCI answers the same/],
      [["chat", endpointId("simcut"), "Hi"], /stream_truncated: [^]*request id: /],
      [["chat", model, "Hi", "--api-format", "COHERE"], /wrong_api_format: [^]*set apiFormat/],
      [["chat", model, "Hi", "--profile", "TEAM"], /TEAM/],
      [["chat", model, "Hi", "--auth", "session_token"], /api_key[^]*--auth/],
      [["chat", model, "Hi", "--endpoint", "http://127.0.0.1:1"], /network: [^]*fetch failed: \S/],
    ]) {
      const { code, stderr } = await runCli(args, { env });
      assert.equal(code, 1, stderr);
      assert.match(stderr, pattern);
      assert.doesNotMatch(stderr, /^\s+at |BEGIN|Signature/m);
    }
  });

  test("needs credentials, and says where they may be from", async () => {
    const { code, stderr } = await runCli(["chat", model, "Hi"], { env: { ...env, HOME: makeHome() } });
    assert.equal(code, 1);
    assert.match(stderr, /no OCI configuration file.*\n.*oci setup config.*--auth/);
  });

  test("SIGINT cancels the call", async () => {
    const coming = nextRequest();
    const { child, ended } = startCli(["chat", endpointId("simhang"), "Hi"], { env });
    const request = await coming;
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assert.deepEqual([code, stderr], [130, ""]);
    await request.done;
    assert.equal(request.clientGone, true);
  });

  test("ends quietly when nobody reads its output", async () => {
    const coming = nextRequest();
    const args = [BIN, "chat", model, "tokens=3000"];
    const stdio = /** @type {const} */ (["ignore", "pipe", "pipe"]);
    const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += text));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.deepEqual([code, stderr], [0, ""]);
    const request = await coming;
    await request.done;
    assert.equal(request.clientGone, true);
  });

  test("talks over several turns in a terminal", { skip: !hasScript && "needs script of util-linux" }, async () => {
    const command = `${process.execPath} ${BIN} chat ${model}`;
    const terminal = { PATH: process.env.PATH, TERM: "dumb", ...env };
    const child = spawn("script", ["-qefc", command, "/dev/null"], { env: terminal });
    let output = "";
    let wake = () => {};
    child.stdout.on("data", (text) => {
      output += text;
      wake();
    });
    const until = async (pattern) => {
      while (!pattern.test(output)) await new Promise((resolve) => (wake = resolve));
      output = output.slice(pattern.exec(output).index + pattern.exec(output)[0].length);
    };
    const { result: code, requests } = await observe(async () => {
      await until(/> /);
      child.stdin.write("First?\n");
      await until(/You asked: "First\?"[^]*tokens[^]*> /);
      child.stdin.write("tokens=3000\n");
      await until(/You asked/);
      child.stdin.write("\u0003"); // Ctrl+C
      await until(/\[stopped\][^]*> /);
      child.stdin.write("Second?\n");
      await until(/You asked: "Second\?"[^]*tokens[^]*> /);
      child.stdin.write("/exit\n");
      return new Promise((resolve) => child.once("close", resolve));
    });
    assert.equal(code, 0);
    assert.deepEqual(
      requests.map(({ body }) => body.chatRequest.messages.length),
      [1, 3, 3],
      "the stopped question is forgotten",
    );
  });

  test("an answer can't drive the terminal", { skip: !hasScript && "needs script of util-linux" }, async () => {
    const prompt = "\u001B]0;title\u0007\u009B2J red";
    const piped = await runCli(["chat", model, prompt], { env });
    assert.ok(piped.stdout.includes("\u001B]0;title"), "what is piped stays as it is");
    const command = `${process.execPath} ${BIN} chat ${model} "$PROMPT"`;
    const child = spawn("script", ["-qefc", command, "/dev/null"], {
      env: { PATH: process.env.PATH, TERM: "dumb", ...env, PROMPT: prompt },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    for await (const text of child.stdout.setEncoding("utf8")) output += text;
    assert.match(output, /You asked: "\]0;title2J red"/);
    for (const control of ["\u001B", "\u0007", "\u009B"]) assert.ok(!output.includes(control));
  });

  test("--simulate needs no account, and no model", async () => {
    const [plain, named] = await Promise.all([
      runCli(["chat", "--simulate", "--pace", "0", "Hello", "there"]),
      runCli(["chat", "simcohere", "--simulate", "--pace", "0", "Hi"]),
    ]);
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /^You asked: "Hello there"/);
    assert.match(named.stderr, /COHERE us-chicago-1/);
    const { code, stderr } = await runCli(["chat", "simulatedwrong", "--simulate", "Hi"]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no simulated endpoint simulatedwrong\n {2}there are simgeneric/);
  });
});
