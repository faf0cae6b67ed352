// What publint and attw say of the packed package.

import { bin, run } from "./places.mjs";

/**
 * @param {string} tarball
 * @returns {Promise<string[]>} what they complain about
 */
export async function checkPackage(tarball) {
  /** @type {[name: string, args: string[]][]} */
  const checks = [
    ["publint", ["--strict", tarball]],
    // Everything is ESM, which `require` loads too.
    ["attw", ["--profile", "esm-only", "--no-emoji", tarball]],
  ];
  const problems = [];
  for (const [name, args] of checks) {
    try {
      await run(bin(name), args);
      console.log(`${name} ${args.slice(0, -1).join(" ")}: no problem`);
    } catch (error) {
      const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
      problems.push(`${name}: ${stdout}${stderr}`);
    }
  }
  return problems;
}
