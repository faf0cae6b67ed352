// `pad` hides the length of a token from whoever watches the encrypted stream.

/** The event with 1 to 12 a's, varying from event to event; the service puts usage after it. */
export function padded({ usage, ...event }, at) {
  const pad = "a".repeat(1 + ((at * 7 + 4) % 12));
  // An event that is only usage has it first.
  if (usage && Object.keys(event).length === 0) return { usage, pad };
  return { ...event, pad, ...(usage && { usage }) };
}
