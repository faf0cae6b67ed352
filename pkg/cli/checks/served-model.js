// The model behind the endpoint, by the control plane.

import { inspectModel } from "./control-plane.js";
import { fail, ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** The capabilities of a model, and of an imported one, that make a chat. */
const CHATS = /^(CHAT|TEXT_GENERATION|TEXT_TO_TEXT|IMAGE_TEXT_TO_TEXT)$/;
const EMBEDS = /EMBEDDING/;

/** @type {Check} */
export const servedModel = {
  name: "served model",
  async run(facts) {
    const { resource } = await inspectModel(facts);
    if (resource === undefined) return skip("the control plane shows no model");
    const { vendor, displayName, version, type, dataSource, capabilities = [] } = resource;
    const kind = dataSource === undefined ? type : "imported";
    const parts = [displayName, vendor && `of ${vendor}`, version && `version ${version}`, kind];
    const found = parts.filter(Boolean).join(", ");
    const can = [capabilities].flat().map(String);
    if (can.length === 0 || can.some((each) => CHATS.test(each))) return ok(found);
    facts.isOtherKind = true;
    const method = can.some((each) => EMBEDS.test(each)) ? "embed" : "rerank";
    return fail(`${found}: it can ${can.join(", ")}, and does not chat`, `call it with \`oci.${method}()\``);
  },
};
