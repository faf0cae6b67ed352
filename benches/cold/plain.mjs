// What an application in plain JavaScript runs before its first chunk.
import { chunks } from "../contenders/plain.mjs";

export { chunks as contender };
