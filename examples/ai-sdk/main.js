// main.js
import { isStepCount, streamText, tool } from "ai";
import { createOci } from "oci-genai-edge/ai-sdk";
import { z } from "zod";
import { oci } from "./oci.js";

const provider = createOci({ client: oci() });
const weather = tool({
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `sunny in ${city}`,
});

const { textStream } = streamText({
  model: provider("house"),
  prompt: "How is the weather in Oslo?",
  tools: { weather },
  stopWhen: isStepCount(3),
});
for await (const text of textStream) process.stdout.write(text);
