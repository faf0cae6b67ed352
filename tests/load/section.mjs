// Runs one section in a process of its own, with a collector that can be called, and sends what came of it: a Node that has
// carried a crowd is no place to weigh memory in.
import "./child-process.mjs";

process.on("disconnect", () => process.exit(1));
const [, , name] = process.argv;
const section = await import(`./${name}.mjs`);
const result = await section[name]();
process.send(result, () => process.exit());
