// The same route in the edge runtime.
export { POST } from "../chat/route.js";

export const runtime = "edge";
