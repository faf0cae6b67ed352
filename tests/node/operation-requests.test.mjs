// Generated requests for embeddings, reranking and moderation, and generated answers to them: against
// the models of the official SDK. SEED and COUNT choose which, and how many of each operation.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { COMPARTMENT_ID } from "../simulator/server.mjs";
import { GENERATORS } from "./support/generated-operations.mjs";
import { randomFrom } from "./support/random.mjs";
import { everythingIn, problemsOf } from "./support/sdk-models.mjs";

const SEED = Number(process.env.SEED ?? 20231130);
const COUNT = Number(process.env.COUNT ?? 300);

/** What only chats count. */
const OF_CHATS = [
  "Usage.completionTokens",
  "Usage.promptTokensDetails",
  "CompletionTokensDetails",
  "PromptTokensDetails",
];
const PATHS = { embed: "embeddings", rerank: "rerank", moderate: "moderations" };

const asJson = (value) => JSON.parse(JSON.stringify(value));

/** Sends a request in one of two ways, and returns what was sent and what came back. */
async function exchange(operation, request, answer, isFetch) {
  const sent = [];
  const fetch = async (url, init) => {
    sent.push({ url, body: JSON.parse(new TextDecoder().decode(init.body)) });
    return Response.json(answer);
  };
  const sign = () => ({ authorization: "Signature made by the test" });
  const oci = new OciGenAI({ compartmentId: COMPARTMENT_ID, region: "us-chicago-1", sign, fetch });
  if (!isFetch) return { sent, result: await oci[operation](request) };
  const init = { method: "POST", body: JSON.stringify(request) };
  const response = await oci.fetch(`https://oci.invalid/v1/${PATHS[operation]}`, init);
  const result = await response.json();
  assert.equal(response.status, 200, JSON.stringify(result));
  return { sent, result };
}

for (const [operation, { details, result: resultModel, make }] of Object.entries(GENERATORS)) {
  describe(operation, () => {
    const seen = new Set();

    test(`${COUNT} requests are valid official models, and so are the answers that are read`, async () => {
      for (let index = 0; index < COUNT; index += 1) {
        const { request, body, answer, expected } = make(randomFrom(SEED * 7919 + index));
        try {
          const { sent, result } = await exchange(operation, request, answer, index % 3 === 0);
          assert.equal(sent.length, 1);
          assert.deepEqual(problemsOf(details, sent[0].body, "body", seen), []);
          assert.deepEqual(sent[0].body, asJson(body));
          const { inputTextTokenCounts: _, ...official } = asJson(answer);
          assert.deepEqual(problemsOf(resultModel, official, "answer", seen), []);
          const { id, ...rest } = result;
          if (operation === "moderate") assert.match(id, /^modr-/);
          assert.deepEqual(operation === "rerank" ? result : rest, asJson(expected));
        } catch (error) {
          error.message += `\nSEED=${SEED}, ${operation} ${index}\n${JSON.stringify(request)}`;
          throw error;
        }
      }
    });

    test("together they use every field of the models", () => {
      const all = [...everythingIn(details), ...everythingIn(resultModel)];
      const isMissing = (one) => !seen.has(one) && !OF_CHATS.some((start) => one.startsWith(start));
      assert.deepEqual(all.filter(isMissing), []);
    });
  });
}
