// main.js
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { oci } from "./oci.js";

const baseURL = "https://oci.invalid/v1"; // any origin: oci.fetch routes by model
const openAIClient = new OpenAI({ baseURL, apiKey: "unused", fetch: oci().fetch });
const modelProvider = new OpenAIProvider({ openAIClient, useResponses: false });
const runner = new Runner({ modelProvider, tracingDisabled: true });

const weather = tool({
  name: "weather",
  description: "The weather in a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `sunny in ${city}`,
});
const agent = new Agent({ name: "Helper", model: "house", tools: [weather] });
const { finalOutput } = await runner.run(agent, "How is the weather in Oslo?");
console.log(finalOutput);
