// A tokenizer that only resembles a real one: joined tokens are the text again.

const WORD_LIMIT = 8;

/**
 * Splits text into word-like tokens that keep their leading space (" the").
 *
 * @param {string} text
 */
export function tokenize(text) {
  const words = text.match(/\n+| ?[\p{L}\p{M}\p{N}]+| ?[^\s\p{L}\p{M}\p{N}]+|\s/gu) ?? [];
  return words.flatMap((word) => (word.length > WORD_LIMIT ? fragments(word, WORD_LIMIT) : [word]));
}

/**
 * Splits text into fragments of at most `size` characters, never inside one.
 *
 * @param {string} text
 * @param {number} [size]
 */
export function fragments(text, size = 8) {
  const characters = [...text];
  const parts = [];
  for (let at = 0; at < characters.length; at += size) parts.push(characters.slice(at, at + size).join(""));
  return parts;
}
