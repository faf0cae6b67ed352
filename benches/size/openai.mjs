// For comparison: a Worker with the openai package, which can't sign requests to OCI.
import OpenAI from "openai";

export default {
  /**
   * @param {Request} request
   * @param {Record<"BASE_URL" | "API_KEY", string>} env
   */
  async fetch(request, env) {
    const openai = new OpenAI({ baseURL: env.BASE_URL, apiKey: env.API_KEY });
    /** @type {import("openai").OpenAI.Chat.ChatCompletionCreateParamsStreaming} */
    const body = { ...(await request.json()), stream: true };
    const stream = await openai.chat.completions.create(body);
    return new Response(stream.toReadableStream());
  },
};
