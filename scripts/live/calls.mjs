// The calls of a live run: one fixed prompt, few tokens, no retries that nobody counts.
import { OciGenAI } from "oci-genai-edge";

/** At most: three tries to find the format and one retry, a stream with its fallback and one retry, and eight questions. */
export const BUDGET = 15;

const MESSAGES = [{ role: "user", content: "Write the numbers from one to ten as English words, with commas between them. Nothing else." }];

/** A client of the run's settings whose requests are recorded. */
export function clientOf(settings, recorder, more = {}) {
  const { region, compartmentId, endpoint, sign, apiFormat } = settings;
  return new OciGenAI({ region, compartmentId, endpoint, sign, apiFormat, fetch: recorder.fetch, retry: { maxAttempts: 1 }, timeouts: { totalMs: 60_000 }, ...more });
}

/** The request for a model. */
export function ask(model, more = {}) {
  return { model, messages: MESSAGES, max_tokens: 48, ...more };
}

/** The format of the last request that was answered well: what the model behind the endpoint speaks. */
export function formatOf(exchanges) {
  return exchanges.findLast(({ status }) => status === 200)?.request?.chatRequest?.apiFormat;
}
