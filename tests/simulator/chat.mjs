// POST /20231130/actions/chat

import { answerTo } from "./answers.mjs";
import { deliver, streamRefusal } from "./delivery.mjs";
import { badFormat, notAuthenticated, notFound, refusal } from "./errors.mjs";
import { promptOf } from "./prompt.mjs";
import { ruleBroken } from "./model-rules.mjs";
import { chatDetailsProblem } from "./schema.mjs";
import { resolve } from "./serving.mjs";
import { signatureProblem } from "./signature.mjs";
import { cohereBody, cohereEvents } from "./wire-cohere.mjs";
import { cohereV2Body, cohereV2Events } from "./wire-cohere-v2.mjs";
import { genericBody, genericEvents } from "./wire-generic.mjs";

/** Answers one request. `state` lives as long as the simulator. */
export async function chat(request, reply, record, { options, state }) {
  if (options.verify) {
    const problem = signatureProblem(request, options.credentials);
    if (problem) return reply.refuse(notAuthenticated(problem));
  }

  const { body } = record;
  if (body === undefined) return reply.refuse(badFormat("the body is not JSON"));
  // Logged before they are judged: a test asks most often about what was refused.
  record.servingMode = body?.servingMode;
  record.apiFormat = body?.chatRequest?.apiFormat;
  const problem = chatDetailsProblem(body);
  if (problem) return reply.refuse(badFormat(problem));

  const serving = resolve(body.servingMode);
  if (serving.refused) return reply.refuse(serving.refused);
  if (body.compartmentId !== options.compartmentId) return reply.refuse(notFound("another compartment"));

  const { scenario } = serving;
  const refused = endpointRefusal(serving, state);
  if (refused) return reply.refuse(refused, refused.headers);
  const broken = ruleBroken(body.chatRequest, serving);
  if (broken) return reply.refuse(broken);
  const isStream = body.chatRequest.isStream === true;
  const unstreamable = isStream && streamRefusal(scenario);
  if (unstreamable) return reply.refuse(unstreamable);

  const wire = WIRES[body.chatRequest.apiFormat];
  const answer = answerIn(body.chatRequest, serving);
  if (!isStream) {
    if (scenario.delay) await reply.pause(scenario.delay);
    return reply.send(200, wire.body(answer));
  }
  return deliver(reply, { payloads: wire.events(answer), body: wire.body(answer) }, scenario);
}

const WIRES = {
  GENERIC: { body: genericBody, events: genericEvents },
  COHERE: { body: cohereBody, events: cohereEvents },
  COHEREV2: { body: cohereV2Body, events: cohereV2Events },
};

function answerIn(request, serving) {
  const prompt = promptOf(request);
  return {
    serving,
    request,
    prompt,
    answers: Array.from({ length: prompt.choices }, (_, choice) => answerTo(prompt, choice)),
    created: new Date(),
    includeUsage: request.streamOptions?.isIncludeUsage === true,
  };
}

function endpointRefusal({ name, scenario }, state) {
  if (scenario.always) return refusalOf(scenario.always);
  if (!scenario.once || state.served.has(name)) return undefined;
  state.served.add(name);
  return refusalOf(scenario.once);
}

function refusalOf({ status, code, message, html, headers }) {
  if (html) return { status, body: html, reason: `${status} from the gateway`, headers };
  return { ...refusal(status, code, message), headers };
}
