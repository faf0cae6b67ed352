// workerd's own floor: the bytes never reach JavaScript.
import { ask, HEADERS } from "./request.mjs";

export default {
  async fetch(request, env) {
    const { refused, response } = await ask(request, env);
    return refused ?? new Response(response.body, { headers: HEADERS });
  },
};
