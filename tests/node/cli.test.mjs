// What the commands have in common, and `route`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { runCli } from "./support/cli.mjs";
import { root } from "./support/run-node.mjs";

const COMMANDS = ["doctor", "chat", "route", "serve", "keys"];
const model = endpointId("simgeneric");

describe("the command line", { concurrency: true }, () => {
  test("lists its commands, and describes each", async () => {
    const [none, help, ...each] = await Promise.all([
      runCli([]),
      runCli(["--help"]),
      ...COMMANDS.map((name) => runCli([name, "--help"])),
    ]);
    assert.equal(none.stdout, help.stdout);
    for (const [index, name] of COMMANDS.entries()) {
      assert.match(help.stdout, new RegExp(`^  ${name} `, "m"));
      const { code, stdout, stderr } = each[index];
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, new RegExp(`^Usage: oci-genai-edge ${name}`));
      assert.ok(stdout.split("\n").every((line) => line.length <= 120), "lines fit a terminal");
    }
    const escape = "\u001B";
    assert.ok(!help.stdout.includes(escape), "colours are for terminals");
  });

  test("prints the version of the package", async () => {
    const { version } = JSON.parse(await readFile(join(root, "pkg/package.json"), "utf8"));
    assert.equal((await runCli(["--version"])).stdout, `${version}\n`);
  });

  test("rejects what it does not know, with status 2 and what to do", async () => {
    for (const [args, pattern] of [
      [["rout"], /no command "rout"\n {2}the commands are doctor, chat, route, serve, keys/],
      [["route", model, "--regoin", "x"], /Unknown option '--regoin'\n {2}`oci-genai-edge route --help`/],
      [["route", model, "--api-format", "LLAMA"], /--api-format must be one of GENERIC, COHERE, COHEREV2/],
      [["route"], /usage: oci-genai-edge route MODEL/],
      [["route", model, "more"], /usage: oci-genai-edge route MODEL/],
      [["chat", model, "Hi", "--temperature", "hot"], /--temperature must be a number of at least 0 and at most 2/],
      [["chat", model, "Hi", "--max-tokens", "0"], /--max-tokens must be a whole number of at least 1/],
      [["chat", model], /there is nothing to ask/],
      [["serve", "--port", "70000"], /--port must be/],
      [["serve"], /no model to serve\n {2}add --model/],
      [["serve", "--model", "house"], /--model must be ALIAS=MODEL/],
    ]) {
      const { code, stdout, stderr } = await runCli(args);
      assert.deepEqual([code, stdout], [2, ""], `${args}: ${stderr}`);
      assert.match(stderr, pattern);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });
});

describe("route", { concurrency: true }, () => {
  test("says where an endpoint would be called, without a profile", async () => {
    const { code, stdout, stderr } = await runCli(["route", model]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^serving +DEDICATED$/m);
    assert.match(stdout, /^format +GENERIC, corrected once/m);
    assert.match(
      stdout,
      /^url +POST https:\/\/inference\.generativeai\.us-chicago-1\.oci\.oraclecloud\.com\/20231130\/actions\/chat$/m,
    );
  });

  test("prints the client's own route as JSON", async () => {
    const { OciGenAI } = await import("oci-genai-edge");
    const args = ["route", "cohere.embed-v4.0", "--region", "eu-frankfurt-1", "--operation", "embed", "--json"];
    const expected = new OciGenAI({ region: "eu-frankfurt-1" }).route("cohere.embed-v4.0", { operation: "embed" });
    assert.deepEqual(JSON.parse((await runCli(args)).stdout), expected);
  });

  test("takes options and the environment", async () => {
    const env = { OCI_DAC_ENDPOINT_OCID: model, OCI_DAC_API_FORMAT: "COHERE", OCI_ENDPOINT: "https://private.example" };
    const [byName, byOption] = await Promise.all([
      runCli(["route", "--json"], { env }),
      runCli(["route", "--json", "--api-format", "COHEREV2", "--endpoint", "https://other.example"], { env }),
    ]);
    const route = ({ stdout }) => JSON.parse(stdout);
    assert.deepEqual([route(byName).apiFormat, new URL(route(byName).url).host], ["COHERE", "private.example"]);
    assert.deepEqual([route(byOption).apiFormat, new URL(route(byOption).url).host], ["COHEREV2", "other.example"]);
  });

  test("fails with the client's error and hint", async () => {
    const { code, stdout, stderr } = await runCli(["route", "ocid1.generativeaidedicatedaicluster.oc1.iad.a"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^oci-genai-edge: invalid_model: .*\n {2}\S/);
  });
});
