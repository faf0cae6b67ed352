// What an application with this package runs before its first chunk.
import { chunks } from "../contenders/ours.mjs";

export { chunks as contender };
