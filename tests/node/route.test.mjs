// Where a model id goes: the table of routing, as a caller of the package sees it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";

const untouchable = () => assert.fail("routing must neither sign nor send");
const client = (options) => new OciGenAI({ region: "us-chicago-1", sign: untouchable, fetch: untouchable, ...options });
const oci = client();

const NATIVE = "/20231130/actions/chat";
const OPENAI = "/openai/v1/chat/completions";
const hostIn = (region, domain = "oci.oraclecloud.com") => `https://inference.generativeai.${region}.${domain}`;
const dac = (region, realm = "oc1") => `ocid1.generativeaiendpoint.${realm}.${region}.example`;

function refused(code, said = /./) {
  return (error) => {
    assert.ok(error instanceof OciError && error instanceof Error);
    assert.equal(error.name, "OciError");
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, said);
    assert.equal(error.retryable, false);
    assert.deepEqual(error.attempts, []);
    return true;
  };
}

describe("route", () => {
  test("an endpoint of a dedicated cluster: everything comes from its OCID", () => {
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

  test("Command R: on demand, native, COHERE", () => {
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

  test("the OCID of a model: on demand, native", () => {
    const model = "ocid1.generativeaimodel.oc1.us-chicago-1.example";
    const { servingMode, apiFormat, transport } = oci.route(model);
    assert.deepEqual([servingMode, apiFormat, transport], [{ servingType: "ON_DEMAND", modelId: model }, "GENERIC", "native"]);
  });

  test("any other vendor.model: the openai transport, without mode and format", () => {
    for (const model of ["meta.llama-3.3-70b-instruct", "xai.grok-4", "openai.gpt-5", "google.gemini-2.5-pro", "cohere.command-a-03-2025"]) {
      const url = hostIn("us-chicago-1") + OPENAI;
      assert.deepEqual(oci.route(model), { model, transport: "openai", realm: "oc1", region: "us-chicago-1", url });
    }
  });

  test("an oci: prefix is taken off, case is ignored, and the id stays as it was given", () => {
    assert.equal(oci.route("oci:meta.llama-3.3-70b-instruct").model, "meta.llama-3.3-70b-instruct");
    assert.equal(oci.route("OCI:meta.llama").model, "meta.llama");
    const shouting = oci.route("Cohere.Command-R-08-2024");
    assert.deepEqual([shouting.apiFormat, shouting.servingMode.modelId], ["COHERE", "Cohere.Command-R-08-2024"]);
    const model = dac("us-chicago-1").toUpperCase();
    assert.deepEqual(oci.route(model).servingMode, { servingType: "DEDICATED", endpointId: model });
  });

  test("overrides: the call's beat the client's, whose format speaks of OCIDs only", () => {
    assert.equal(oci.route(dac("us-chicago-1"), { apiFormat: "COHERE" }).apiFormat, "COHERE");
    const cohere = client({ apiFormat: "COHEREV2" });
    assert.equal(cohere.route(dac("us-chicago-1")).apiFormat, "COHEREV2");
    assert.equal(cohere.route(dac("us-chicago-1"), { apiFormat: "GENERIC" }).apiFormat, "GENERIC");
    assert.equal(cohere.route("cohere.command-r-08-2024").apiFormat, "COHERE");
    assert.equal(cohere.route("meta.llama").transport, "openai");

    const native = oci.route("meta.llama", { transport: "native" });
    assert.deepEqual([native.servingMode, native.apiFormat], [{ servingType: "ON_DEMAND", modelId: "meta.llama" }, "GENERIC"]);
    // A format chooses the transport that has formats.
    assert.equal(oci.route("meta.llama", { apiFormat: "GENERIC" }).transport, "native");
    assert.equal(oci.route("cohere.command-a-vision-07-2025", { transport: "native" }).apiFormat, "COHEREV2");
    const openai = oci.route("cohere.command-r-08-2024", { transport: "openai" });
    assert.ok(!("servingMode" in openai) && !("apiFormat" in openai) && openai.url.endsWith(OPENAI));

    for (const wrong of [{ apiFormat: "cohere" }, { transport: "grpc" }]) {
      assert.throws(() => oci.route("meta.llama", wrong), refused("invalid_options", new RegExp(Object.keys(wrong)[0])));
    }
  });

  test("anything else is invalid_model, with what is wanted", () => {
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
      assert.throws(() => oci.route(model), refused("invalid_model", /generativeaiendpoint|endpoint/i), JSON.stringify(model));
    }
    for (const model of [undefined, null, 5, {}]) assert.throws(() => oci.route(model), refused("invalid_model"));
  });

  test("a region or realm that contradicts the OCID is region_mismatch", () => {
    assert.throws(() => oci.route(dac("us-ashburn-1")), refused("region_mismatch", /us-ashburn-1|region/));
    assert.throws(() => client({ region: undefined, realm: "oc2" }).route(dac("us-chicago-1")), refused("region_mismatch", /realm/));
    // The same region by its short code is none.
    assert.equal(client({ region: "ord" }).route(dac("us-chicago-1")).region, "us-chicago-1");
  });

  test("a name needs a region, and only a region of its realm", () => {
    assert.throws(() => new OciGenAI().route("meta.llama"), refused("invalid_options", /region/));
    assert.throws(() => new OciGenAI({ region: "../x" }).route("meta.llama"), refused("invalid_options", /region/));
    assert.throws(() => new OciGenAI({ region: "us-langley-1", realm: "oc1" }).route("meta.llama"), refused("region_mismatch"));
  });

  test("endpoint replaces the origin, and keeps its path", () => {
    const url = (endpoint, model = "meta.llama") => client({ endpoint }).route(model).url;
    assert.equal(url("https://proxy.example"), `https://proxy.example${OPENAI}`);
    assert.equal(url(new URL("https://proxy.example:8443/oci/")), `https://proxy.example:8443/oci${OPENAI}`);
    assert.equal(url("http://127.0.0.1:9", dac("us-chicago-1")), `http://127.0.0.1:9${NATIVE}`);
    assert.equal(new OciGenAI({ endpoint: "https://proxy.example" }).route("meta.llama").region, "");
  });

  test("an alias goes where its first target goes", () => {
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
    assert.throws(() => aliased.route("two"), refused("invalid_model"));
    assert.throws(() => aliased.route("__proto__"), refused("invalid_model"));
    assert.throws(() => aliased.route("constructor"), refused("invalid_model"));
  });
});
