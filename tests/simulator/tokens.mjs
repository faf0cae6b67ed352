// A tokeniser that only has to look like one: joined tokens are the text again.

const WORD_LIMIT = 8;

/** Splits text into word-like tokens that keep their leading space (" the"). */
export function tokenise(text) {
  const words = text.match(/\n+| ?[\p{L}\p{M}\p{N}]+| ?[^\s\p{L}\p{M}\p{N}]+|\s/gu) ?? [];
  return words.flatMap(pieces);
}

/** Splits text into fragments of at most `size` characters, never inside one. */
export function fragments(text, size = 8) {
  const characters = [...text];
  const parts = [];
  for (let at = 0; at < characters.length; at += size) parts.push(characters.slice(at, at + size).join(""));
  return parts;
}

function pieces(word) {
  return word.length > WORD_LIMIT ? fragments(word, WORD_LIMIT) : [word];
}
