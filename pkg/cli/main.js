// The commands, and what they have in common: arguments, signals, exit codes.

import { helpOf, parseArguments } from "./arguments.js";
import { Interrupted, OutputClosed, UsageError, describeFailure } from "./failure.js";
import { bold, note, onOutputError, print } from "./terminal.js";

/** @import { Option, Values } from "./arguments.js" */

/**
 * What a command is run with.
 *
 * @typedef {object} Invocation
 * @property {Values} values
 * @property {string[]} positionals
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal aborts when the user interrupts the program, or nobody reads its output
 */

/**
 * A command is a module of its own.
 *
 * @typedef {object} Command
 * @property {string} usage
 * @property {string} summary
 * @property {Record<string, Option>} options
 * @property {string} [more] printed at the end of its help
 * @property {(invocation: Invocation) => Promise<number>} run resolves to the exit code
 */

/**
 * Loaded when they are needed: help needs no wasm.
 *
 * @type {Record<string, () => Promise<Command>>}
 */
const COMMANDS = {
  doctor: () => import("./doctor.js"),
  chat: () => import("./chat.js"),
  route: () => import("./route.js"),
  serve: () => import("./serve.js"),
  keys: () => import("./keys.js"),
};

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** What a shell reports of a program that SIGINT ended: 128 + 2. */
const EXIT_INTERRUPTED = 130;

/**
 * Runs a command, and resolves to the exit code.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const controller = new AbortController();
  onOutputError(() => controller.abort(new OutputClosed()));
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    // Once: a second signal ends the program at once.
    process.once(name, () => controller.abort(new Interrupted()));
  }
  const [name = "help", ...rest] = args;
  try {
    if (/^(help|-h|--help)$/.test(name)) return await printHelp(rest);
    if (/^(-v|--version)$/.test(name)) return await printVersion();
    const command = await loadCommand(name);
    const { values, positionals } = parseArguments(name, command.options, rest);
    if (values.help) return printCommandHelp(command);
    return await command.run({ values, positionals, env: process.env, signal: controller.signal });
  } catch (error) {
    return exitCodeOf(error, controller.signal);
  }
}

/**
 * @param {unknown} error
 * @param {AbortSignal} signal
 */
function exitCodeOf(error, { reason }) {
  if (error instanceof OutputClosed || reason instanceof OutputClosed) return 0;
  if (error instanceof Interrupted || reason instanceof Interrupted) return EXIT_INTERRUPTED;
  for (const line of describeFailure(error)) note(line);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

/** @param {string} name */
async function loadCommand(name) {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]();
  const names = Object.keys(COMMANDS).join(", ");
  throw new UsageError(`there is no command ${JSON.stringify(name.slice(0, 40))}`, `the commands are ${names}`);
}

/** @param {string[]} names */
async function printHelp([name]) {
  if (name !== undefined) return printCommandHelp(await loadCommand(name));
  print(`Usage: oci-genai-edge COMMAND [options]\n\n${bold("Commands")}\n`);
  for (const [each, load] of Object.entries(COMMANDS)) {
    const { summary } = await load();
    print(`  ${each.padEnd(8)}${summary}\n`);
  }
  print("\n`oci-genai-edge COMMAND --help` lists the options of a command.\n");
  return 0;
}

/** @param {Command} command */
function printCommandHelp(command) {
  print(helpOf(command));
  return 0;
}

async function printVersion() {
  const { readFile } = await import("node:fs/promises");
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  print(`${version}\n`);
  return 0;
}
