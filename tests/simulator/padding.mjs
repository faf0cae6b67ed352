// `pad` hides the length of a token from observers of the encrypted stream.

/**
 * The event with 1 to 12 a's, which vary from event to event. As in the service, usage follows the
 * pad.
 *
 * @param {Record<string, any>} event
 * @param {number} at
 */
export function padded({ usage, ...event }, at) {
  const pad = "a".repeat(1 + ((at * 7 + 4) % 12));
  // An event of usage only has it first.
  if (usage && Object.keys(event).length === 0) return { usage, pad };
  return { ...event, pad, ...(usage && { usage }) };
}
