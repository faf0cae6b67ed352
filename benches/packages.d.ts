// What the benchmark uses of packages that only `make bench` installs: `make lint` has to do without them.

declare module "@ai-sdk/provider-utils" {
  export function parseJsonEventStream(options: {
    stream: ReadableStream<Uint8Array>;
  }): ReadableStream<{ success: true; value: any; rawValue: unknown }>;
}

declare module "@oracle/langchain-oci" {
  interface Message {
    content: string;
    tool_call_chunks?: { index?: number; id?: string; name?: string; args?: string }[];
    response_metadata?: { finish_reason?: string };
  }
  class Chat {
    constructor(options: { compartmentId: string; dedicatedEndpointId: string; client: object });
    stream(question: string): Promise<AsyncIterable<Message>>;
  }
  export { Chat as OciGenAiCohereChat, Chat as OciGenAiGenericChat };
}

declare module "eventsource-parser" {
  export function createParser(callbacks: { onEvent(event: { data: string }): void }): { feed(text: string): void };
}
