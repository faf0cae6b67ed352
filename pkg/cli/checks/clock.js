// Whether this machine's clock agrees with the service's: a signature has the time in it.

import { probe } from "./connection.js";
import { fail, ok, skip, warn } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** What the service allows, and where it becomes likely that it soon does not. */
const ALLOWED_SECONDS = 300;
const NOTABLE_SECONDS = 60;

/** @type {Check} */
export const clock = {
  name: "clock",
  async run(facts) {
    const result = facts.route === undefined ? undefined : await probe(facts);
    if (result === undefined || "error" in result) return skip("no answer to compare it with");
    if (Number.isNaN(result.date)) return skip("the answer has no Date");
    // A Date has no fraction of a second.
    const seconds = Math.round((result.at - result.date) / 1000);
    const skew = Math.abs(seconds);
    const found = `${skew} s ${seconds < 0 ? "behind" : "ahead of"} the service's`;
    if (skew > ALLOWED_SECONDS) {
      facts.hasWrongClock = true;
      return fail(found, `set this machine's clock: the service rejects signatures that are ${ALLOWED_SECONDS} s off`);
    }
    if (skew > NOTABLE_SECONDS) return warn(found, "synchronise this machine's clock, for example with chrony");
    return ok(skew <= 1 ? "agrees with the service's" : found);
  },
};
