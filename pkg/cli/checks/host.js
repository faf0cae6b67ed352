// Which host is called.

import { ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const host = {
  name: "host",
  run({ route, client }) {
    if (route === undefined) return skip("no model id that can be called");
    const { host: name } = new URL(route.url);
    return ok(client.endpoint === undefined ? name : `${name}, set by --endpoint or OCI_ENDPOINT`);
  },
};
