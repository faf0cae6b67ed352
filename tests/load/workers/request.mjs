// What the plain Workers send to OCI for a caller's request.

export async function ask(request, env) {
  const isAllowed = request.headers.get("authorization") === `Bearer ${env.GATEWAY_TOKEN}`;
  if (!isAllowed) return { refused: new Response(null, { status: 401 }) };
  const { model, messages, stream_options: options } = await request.json();
  const body = {
    compartmentId: env.OCI_COMPARTMENT_ID,
    servingMode: { servingType: "DEDICATED", endpointId: model },
    chatRequest: {
      apiFormat: "GENERIC",
      isStream: true,
      streamOptions: { isIncludeUsage: true },
      messages: messages.map(({ role, content }) => ({ role: role.toUpperCase(), content: [{ type: "TEXT", text: content }] })),
    },
  };
  const response = await fetch(`${env.OCI_ENDPOINT}/20231130/actions/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: request.signal,
  });
  return { response, model, includeUsage: options?.include_usage === true };
}

export const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
