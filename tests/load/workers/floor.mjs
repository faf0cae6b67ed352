// What any gateway that looks at the bytes pays: it reads each network chunk in JavaScript and passes it on as it is.
import { ask, HEADERS } from "./request.mjs";

export default {
  async fetch(request, env) {
    const { refused, response } = await ask(request, env);
    if (refused) return refused;
    const reader = response.body.getReader();
    const source = {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    };
    return new Response(new ReadableStream(source, { highWaterMark: 0 }), { headers: HEADERS });
  },
};
