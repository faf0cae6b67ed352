// What is written to the terminal: answers to standard output, everything else to standard error.

const ESCAPE = "\u001B";

/** Writes to standard output. */
export function print(/** @type {string} */ text) {
  process.stdout.write(text);
}

/** Writes a line to standard error. */
export function note(/** @type {string} */ line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Calls `onClosed` when the reader of standard output has gone, as `head` does. What nobody reads is no failure.
 *
 * @param {() => void} onClosed
 */
export function onOutputError(onClosed) {
  process.stdout.on("error", onClosed);
  process.stderr.on("error", () => {});
}

/** Waits until standard output takes more. */
export async function drained() {
  const { stdout } = process;
  if (!stdout.writableNeedDrain) return;
  await new Promise((resolve) => {
    const done = () => {
      for (const event of events) stdout.off(event, done);
      resolve(undefined);
    };
    const events = ["drain", "close", "error"];
    for (const event of events) stdout.on(event, done);
  });
}

/**
 * A model may write what moves the cursor or sets the title of a terminal. What is piped stays as it is.
 *
 * @param {string} text
 */
export function printable(text) {
  // oxlint-disable-next-line eslint/no-control-regex
  return process.stdout.isTTY ? text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, "") : text;
}

export const bold = style(1, process.stdout);
export const green = style(32, process.stdout);
export const yellow = style(33, process.stdout);
export const red = style(31, process.stdout);
/** For standard error. */
export const dim = style(2, process.stderr);

/**
 * Colours are for people: https://no-color.org
 *
 * @param {number} code
 * @param {NodeJS.WriteStream} stream
 * @returns {(text: string) => string}
 */
function style(code, stream) {
  return (text) => {
    const isColoured = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
    return isColoured ? `${ESCAPE}[${code}m${text}${ESCAPE}[0m` : text;
  };
}
