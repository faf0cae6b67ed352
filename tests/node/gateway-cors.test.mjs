// CORS: which pages in a browser may call the gateway.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createGateway } from "oci-genai-edge/gateway";
import { logged, startGateway } from "./support/gateway.mjs";

const { bindings, send, call } = await startGateway();

describe("CORS", () => {
  const PAGE = "https://app.example";
  const OTHER = "https://other.example";
  const cors = (response) =>
    Object.fromEntries(Array.from(response.headers).filter(([name]) => /^access-control-|^vary$/.test(name)));
  const preflight = (env, origin, headers = {}) =>
    send("/v1/chat/completions", env, {
      method: "OPTIONS",
      token: null,
      headers: {
        ...(origin && { origin }),
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
        ...headers,
      },
    });
  const LIMITS = [
    "x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens",
  ].join(", ");
  const EXPOSED = `x-request-id, oci-route, oci-cache, retry-after, retry-after-ms, x-should-retry, ${LIMITS}`;
  const allowed = (origin) => ({ "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED });
  const lists = [PAGE, `https://a.example, ${PAGE} ,http://localhost:3000,`];

  test("a preflight of an allowed page is 204, without a token", async () => {
    for (const GATEWAY_ORIGINS of lists) {
      const response = await preflight(bindings({ GATEWAY_ORIGINS }), PAGE);
      assert.equal(response.status, 204);
      assert.equal(await response.text(), "");
      assert.deepEqual(cors(response), {
        ...allowed(PAGE),
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "authorization, content-type, *",
        "access-control-max-age": "7200",
        vary: "origin",
      });
    }
  });

  test("a preflight of another page, or without a list, has no header of CORS", async () => {
    for (const [GATEWAY_ORIGINS, origin, vary] of [
      [PAGE, OTHER, { vary: "origin" }],
      [PAGE, undefined, { vary: "origin" }],
      [PAGE, "null", { vary: "origin" }],
      [PAGE, `${PAGE}:8443`, { vary: "origin" }],
      [PAGE, "https://app.example.evil.example", { vary: "origin" }],
      [undefined, PAGE, {}],
      ["", PAGE, {}],
    ]) {
      const response = await preflight(bindings({ GATEWAY_ORIGINS }), origin);
      assert.equal(response.status, 204);
      assert.deepEqual(cors(response), vary, `${GATEWAY_ORIGINS} ${origin}`);
    }
  });

  test("answers, errors and streams have the headers too", async () => {
    const env = bindings({ GATEWAY_ORIGINS: PAGE, GATEWAY_MAX_BODY_BYTES: 5000 });
    const headers = { origin: PAGE };
    for (const [options, status] of [
      [{}, 200],
      [{ parameters: { stream: true } }, 200],
      [{ model: "other" }, 404],
      [{ model: "blocklist" }, 400],
      [{ token: "wrong" }, 401],
      [{ question: "x".repeat(5000) }, 413],
    ]) {
      const response = await call(env, { headers, ...options });
      assert.equal(response.status, status);
      assert.deepEqual(cors(response), { ...allowed(PAGE), vary: "origin" });
      const other = await call(env, { ...options, headers: { origin: OTHER } });
      assert.equal(other.status, status, "the token decides, not the origin");
      assert.deepEqual(cors(other), { vary: "origin" });
      await Promise.all([response.text(), other.text()]);
    }
    for (const path of ["/v1/models", "/v1/embeddings"]) {
      assert.deepEqual(cors(await send(path, env, { headers })), { ...allowed(PAGE), vary: "origin" });
    }
    const bare = await send("/v1/models", bindings({ GATEWAY_TOKEN: "", GATEWAY_ORIGINS: PAGE }), { headers });
    assert.deepEqual([bare.status, cors(bare)], [500, { ...allowed(PAGE), vary: "origin" }]);
  });

  test("* allows every page, and needs no vary", async () => {
    const env = bindings({ GATEWAY_ORIGINS: "*" });
    assert.equal((await preflight(env, OTHER)).headers.get("access-control-allow-origin"), "*");
    assert.deepEqual(cors(await send("/v1/models", env, { headers: { origin: OTHER } })), allowed("*"));
    assert.deepEqual(cors(await send("/v1/models", env)), {});
  });

  test("what is not an origin is an invalid binding", async () => {
    const invalid = [`${PAGE}/`, "app.example", `${PAGE}/page`, "null", `${PAGE}, *`, "ftp://a"];
    for (const GATEWAY_ORIGINS of invalid) {
      const { result, lines } = await logged(() => preflight(bindings({ GATEWAY_ORIGINS }), PAGE));
      assert.equal(result.status, 500, GATEWAY_ORIGINS);
      assert.match(lines.join(), /GATEWAY_ORIGINS/);
    }
    for (const origins of ["x", 5, [5], ["*"]]) {
      const handler = createGateway({ configure: () => ({ token: "right", origins }) });
      const { result, lines } = await logged(() => send("/v1/models", {}, { handler }));
      assert.deepEqual([result.status, lines.length], [500, 1]);
    }
  });
});
