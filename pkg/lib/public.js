// What every entry exports.

export { OciGenAI } from "./client.js";
export { OciError } from "./error.js";
export { ChatStream } from "./stream.js";
export { warmUp } from "./warm-up.js";
