// `oci.route`: from a model id to transport, serving mode and URL.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { failsWith, OFFLINE } from "./support/assertions.mjs";

const client = (options) => new OciGenAI({ region: "us-chicago-1", ...OFFLINE, ...options });
const oci = client();

const NATIVE = "/20231130/actions/chat";
const OPENAI = "/openai/v1/chat/completions";
const hostIn = (region, domain = "oci.oraclecloud.com") => `https://inference.generativeai.${region}.${domain}`;
const dac = (region, realm = "oc1") => `ocid1.generativeaiendpoint.${realm}.${region}.example`;

/** An error that is found before anything is sent. */
function rejected(code, message = /./) {
  return failsWith(code, message, (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "OciError");
    assert.equal(error.retryable, false);
    assert.deepEqual(error.attempts, []);
  });
}

describe("route", () => {
  test("an endpoint of a dedicated cluster: realm, region and URL follow from its OCID", () => {
    const model = dac("us-chicago-1");
    assert.deepEqual(oci.route(model), {
      model,
      transport: "native",
      servingMode: { servingType: "DEDICATED", endpointId: model },
      apiFormat: "GENERIC",
      realm: "oc1",
      region: "us-chicago-1",
      url: hostIn("us-chicago-1") + NATIVE,
    });
    const anywhere = new OciGenAI();
    for (const [region, realm, url] of [
      ["iad", "oc1", hostIn("us-ashburn-1")],
      ["eu-frankfurt-1", "oc1", hostIn("eu-frankfurt-1")],
      ["us-langley-1", "oc2", hostIn("us-langley-1", "oci.oraclegovcloud.com")],
    ]) {
      assert.equal(anywhere.route(dac(region, realm)).url, url + NATIVE);
    }
    // Six segments: the fifth is reserved.
    assert.equal(anywhere.route("ocid1.generativeaiendpoint.oc1.iad.reserved.example").region, "us-ashburn-1");
  });

  test("Command R: on demand, native transport, COHERE", () => {
    const model = "cohere.command-r-plus-08-2024";
    assert.deepEqual(oci.route(model), {
      model,
      transport: "native",
      servingMode: { servingType: "ON_DEMAND", modelId: model },
      apiFormat: "COHERE",
      realm: "oc1",
      region: "us-chicago-1",
      url: hostIn("us-chicago-1") + NATIVE,
    });
  });

  test("the OCID of a model: on demand, native transport", () => {
    const model = "ocid1.generativeaimodel.oc1.us-chicago-1.example";
    const { servingMode, apiFormat, transport } = oci.route(model);
    assert.deepEqual(
      [servingMode, apiFormat, transport],
      [{ servingType: "ON_DEMAND", modelId: model }, "GENERIC", "native"],
    );
  });

  test("any other vendor.model: the openai transport, without serving mode and format", () => {
    for (const model of [
      "meta.llama-3.3-70b-instruct",
      "xai.grok-4",
      "openai.gpt-5",
      "google.gemini-2.5-pro",
      "cohere.command-a-03-2025",
    ]) {
      const url = hostIn("us-chicago-1") + OPENAI;
      assert.deepEqual(oci.route(model), { model, transport: "openai", realm: "oc1", region: "us-chicago-1", url });
    }
  });

  test("removes an oci: prefix, ignores case, and keeps the id as it was given", () => {
    assert.equal(oci.route("oci:meta.llama-3.3-70b-instruct").model, "meta.llama-3.3-70b-instruct");
    assert.equal(oci.route("OCI:meta.llama").model, "meta.llama");
    const capitalized = oci.route("Cohere.Command-R-08-2024");
    assert.deepEqual([capitalized.apiFormat, capitalized.servingMode.modelId], ["COHERE", "Cohere.Command-R-08-2024"]);
    const model = dac("us-chicago-1").toUpperCase();
    assert.deepEqual(oci.route(model).servingMode, { servingType: "DEDICATED", endpointId: model });
  });

  test("overrides of a call win over the client's, whose apiFormat applies to OCIDs only", () => {
    assert.equal(oci.route(dac("us-chicago-1"), { apiFormat: "COHERE" }).apiFormat, "COHERE");
    const cohere = client({ apiFormat: "COHEREV2" });
    assert.equal(cohere.route(dac("us-chicago-1")).apiFormat, "COHEREV2");
    assert.equal(cohere.route(dac("us-chicago-1"), { apiFormat: "GENERIC" }).apiFormat, "GENERIC");
    assert.equal(cohere.route("cohere.command-r-08-2024").apiFormat, "COHERE");
    assert.equal(cohere.route("meta.llama").transport, "openai");

    const native = oci.route("meta.llama", { transport: "native" });
    assert.deepEqual(
      [native.servingMode, native.apiFormat],
      [{ servingType: "ON_DEMAND", modelId: "meta.llama" }, "GENERIC"],
    );
    // A format implies the native transport.
    assert.equal(oci.route("meta.llama", { apiFormat: "GENERIC" }).transport, "native");
    assert.equal(oci.route("cohere.command-a-vision-07-2025", { transport: "native" }).apiFormat, "COHEREV2");
    const openai = oci.route("cohere.command-r-08-2024", { transport: "openai" });
    assert.ok(!("servingMode" in openai) && !("apiFormat" in openai) && openai.url.endsWith(OPENAI));

    for (const invalid of [{ apiFormat: "cohere" }, { transport: "grpc" }]) {
      const named = new RegExp(Object.keys(invalid)[0]);
      assert.throws(() => oci.route("meta.llama", invalid), rejected("invalid_options", named));
    }
  });

  test("rejects anything else as invalid_model, and names what is accepted", () => {
    for (const model of [
      "",
      " ",
      "oci:",
      "gpt-4",
      "meta.",
      ".llama",
      "meta llama.3",
      "meta.llama\n",
      "ocid1",
      "ocid1.",
      "ocid1.generativeaiendpoint",
      "ocid1.generativeaiendpoint.oc1.us-chicago-1.",
      "ocid1.generativeaiendpoint.oc99.us-chicago-1.example",
      "ocid1.generativeaiendpoint.oc1.evil/.example",
      "ocid1.generativeaiendpoint.oc1.evil.com#.x.y",
      "ocid1.generativeaiendpoint.oc1.us-chicago-1.ex ample",
      "ocid1.compartment.oc1..example",
      "ocid1.generativeaidedicatedaicluster.oc1.us-chicago-1.example",
      "ocid1.generativeaiprivateendpoint.oc1.us-chicago-1.example",
    ]) {
      assert.throws(
        () => oci.route(model),
        rejected("invalid_model", /generativeaiendpoint|endpoint/i),
        JSON.stringify(model),
      );
    }
    for (const model of [undefined, null, 5, {}]) assert.throws(() => oci.route(model), rejected("invalid_model"));
  });

  test("rejects an OCID of another region or realm as region_mismatch", () => {
    assert.throws(() => oci.route(dac("us-ashburn-1")), rejected("region_mismatch", /us-ashburn-1|region/));
    assert.throws(
      () => client({ region: undefined, realm: "oc2" }).route(dac("us-chicago-1")),
      rejected("region_mismatch", /realm/),
    );
    // The short code of the same region matches.
    assert.equal(client({ region: "ord" }).route(dac("us-chicago-1")).region, "us-chicago-1");
  });

  test("a model name needs a region of the configured realm", () => {
    assert.throws(() => new OciGenAI().route("meta.llama"), rejected("invalid_options", /region/));
    assert.throws(() => new OciGenAI({ region: "../x" }).route("meta.llama"), rejected("invalid_options", /region/));
    assert.throws(
      () => new OciGenAI({ region: "us-langley-1", realm: "oc1" }).route("meta.llama"),
      rejected("region_mismatch"),
    );
  });

  test("the endpoint option replaces the origin, and its path is kept", () => {
    const url = (endpoint, model = "meta.llama") => client({ endpoint }).route(model).url;
    assert.equal(url("https://proxy.example"), `https://proxy.example${OPENAI}`);
    assert.equal(url(new URL("https://proxy.example:8443/oci/")), `https://proxy.example:8443/oci${OPENAI}`);
    assert.equal(url("http://127.0.0.1:9", dac("us-chicago-1")), `http://127.0.0.1:9${NATIVE}`);
    assert.equal(new OciGenAI({ endpoint: "https://proxy.example" }).route("meta.llama").region, "");
  });

  test("an alias has the route of its first target", () => {
    const models = {
      one: dac("us-chicago-1"),
      several: [{ model: dac("us-chicago-1"), apiFormat: "COHEREV2" }, "meta.llama"],
      far: { model: "meta.llama", region: "eu-frankfurt-1", transport: "native", endpoint: "https://far.example" },
    };
    const aliased = client({ models });
    assert.equal(aliased.route("one").servingMode.endpointId, dac("us-chicago-1"));
    assert.equal(aliased.route("several").apiFormat, "COHEREV2");
    assert.deepEqual(aliased.route("far"), {
      model: "meta.llama",
      transport: "native",
      servingMode: { servingType: "ON_DEMAND", modelId: "meta.llama" },
      apiFormat: "GENERIC",
      realm: "oc1",
      region: "eu-frankfurt-1",
      url: `https://far.example${NATIVE}`,
    });
    assert.throws(() => aliased.route("two"), rejected("invalid_model"));
    assert.throws(() => aliased.route("__proto__"), rejected("invalid_model"));
    assert.throws(() => aliased.route("constructor"), rejected("invalid_model"));
  });
});
