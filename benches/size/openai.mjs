// For comparison: a Worker with the openai package, which can't sign for OCI.
import OpenAI from "openai";

export default {
  async fetch(request, env) {
    const openai = new OpenAI({ baseURL: env.BASE_URL, apiKey: env.API_KEY });
    const stream = await openai.chat.completions.create({ ...(await request.json()), stream: true });
    return new Response(stream.toReadableStream());
  },
};
