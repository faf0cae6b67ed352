// What the bytes of an event stream show of the questions that are open. It reads them by itself: the package's own parser is
// what recordings are to be held against.

/** { events, done, finish, usage, pad, repeats, errors } of a stream of the native transport. */
export function streamFacts(text) {
  const data = text.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  const events = data.filter((line) => line !== "[DONE]").map(parsed);
  const finishAt = events.findIndex((event) => event?.finishReason !== undefined);
  const usageAt = events.findIndex((event) => event?.usage);
  const before = events.slice(0, finishAt < 0 ? undefined : finishAt).map(textOfEvent).join("");
  const last = finishAt < 0 ? "" : textOfEvent(events[finishAt]);
  return {
    events: events.length,
    done: data.includes("[DONE]"),
    finish: events[finishAt]?.finishReason,
    usage: usageAt < 0 ? "nowhere" : usageAt === finishAt ? "in the finish event" : usageAt > finishAt ? "after the finish event" : "before the finish event",
    pad: events.some((event) => typeof event?.pad === "string"),
    repeats: last === "" ? "no text in the finish event" : last === before ? "the whole text is repeated" : "the finish event has text of its own",
    errors: events.filter((event) => event === undefined || event?.error || event?.errorMessage || typeof event?.code === "string").length,
  };
}

function textOfEvent(event) {
  if (typeof event?.text === "string") return event.text;
  const content = event?.message?.content;
  return Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : "";
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
