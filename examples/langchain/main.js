// main.js
import { ChatOpenAI } from "@langchain/openai";
import { oci } from "./oci.js";

const model = new ChatOpenAI({
  model: "house",
  apiKey: "unused",
  // Any origin: oci.fetch routes by model.
  configuration: { baseURL: "https://oci.invalid/v1", fetch: oci().fetch },
  useResponsesApi: false,
  maxRetries: 0, // oci.fetch has retried already
});

for await (const { content } of await model.stream("How is the weather in Oslo?")) {
  process.stdout.write(content);
}
