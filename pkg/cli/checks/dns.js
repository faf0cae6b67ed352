// Whether the host's name resolves.

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

import { systemCodeOf } from "../failure.js";
import { fail, ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const dns = {
  name: "dns",
  async run({ route, client }) {
    if (route === undefined) return skip("no host");
    const name = new URL(route.url).hostname.replaceAll(/[[\]]/g, "");
    if (isIP(name) !== 0) return skip(`${name} is an address`);
    try {
      const addresses = await lookup(name, { all: true });
      return ok(addresses.map(({ address }) => address).join(", "));
    } catch (error) {
      const advice =
        client.endpoint === undefined
          ? "check the network and the region: not every region has OCI Generative AI"
          : "the name of a private endpoint resolves inside its VCN only: check --endpoint and the resolver";
      return fail(`${name} does not resolve (${systemCodeOf(error)})`, advice);
    }
  },
};
