// What a stream said, as a reader sees it: for comparing contenders before their time is taken.

/** The outcome of chunk objects. */
export function outcomeOfChunks(chunks) {
  const outcome = {
    text: "",
    reasoning: "",
    finish: null,
    calls: [],
    usage: null,
    deltas: 0,
    chunks: JSON.stringify(chunks.map(normalised)),
  };
  for (const { choices, usage } of chunks) {
    if (usage) outcome.usage = sorted(usage);
    const [choice] = choices;
    if (!choice) continue;
    const { content, reasoning_content, tool_calls } = choice.delta;
    outcome.text += content ?? "";
    outcome.reasoning += reasoning_content ?? "";
    if (choice.finish_reason) outcome.finish = choice.finish_reason;
    for (const { index, id, function: called } of tool_calls ?? []) {
      const call = (outcome.calls[index] ??= { id: "", name: "", arguments: "" });
      if (id) call.id = id;
      call.name += called.name ?? "";
      call.arguments += called.arguments ?? "";
    }
    if (content || reasoning_content || tool_calls) outcome.deltas += 1;
  }
  return outcome;
}

/** The outcome of event bytes: that of the chunks in them. */
export function outcomeOfEvents(text) {
  const events = text.split("\n\n").filter(Boolean);
  const done = events.at(-1) === "data: [DONE]";
  if (!done) throw new Error("the events do not end with [DONE]");
  return outcomeOfChunks(events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length))));
}

/** The outcome of a stream of strings. */
export function outcomeOfText(strings) {
  return { text: strings.join(""), strings: strings.length };
}

/** A chunk without what differs from call to call, its keys in one order. */
function normalised({ id, created, ...rest }) {
  if (typeof id !== "string" || !Number.isInteger(created))
    throw new Error(`a chunk has the id ${id} and was created ${created}`);
  return sorted(rest);
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** What of two outcomes differs, of the parts that both have; `parts` narrows it further. */
export function differences(one, other, parts = Object.keys(one)) {
  return parts.filter((part) => part in one && part in other && JSON.stringify(one[part]) !== JSON.stringify(other[part]));
}
