// A validator as strict as the service: it rejects unknown keys, lower-case enum values and wrong
// types.

import { cohereChatRequest } from "./schema-cohere.mjs";
import { cohereChatRequestV2 } from "./schema-cohere-v2.mjs";
import { genericChatRequest } from "./schema-generic.mjs";
import { model, required, string, union } from "./shapes.mjs";

export const servingMode = union("servingType", {
  ON_DEMAND: { modelId: required(string) },
  DEDICATED: { endpointId: required(string) },
});

const chatDetails = model({
  compartmentId: required(string),
  servingMode: required(servingMode),
  chatRequest: required(
    union("apiFormat", {
      GENERIC: genericChatRequest,
      COHERE: cohereChatRequest,
      COHEREV2: cohereChatRequestV2,
    }),
  ),
});

/**
 * Why a body is not a ChatDetails, or undefined when it is one.
 *
 * @param {unknown} body
 */
export function chatDetailsProblem(body) {
  return chatDetails(body, "body");
}
