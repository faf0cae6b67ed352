// The values that the load tests exchange.

/** What the upstream sends for one stream. It travels as JSON in the request's last message. */
export interface StreamPlan {
  /** The number of the stream, from which its texts follow. */
  stream: number;
  tokens: number;
  /** See upstream.mjs. */
  mode: "together" | "step" | "drip";
  /** Events in a network chunk, for `step`. */
  batch?: number;
}

/** A measured or checked fact: what, its value, and whether it is as it must be. */
export type Row = [what: string, value: string, ok?: boolean];

/** The results of one section of the report. */
export interface Section {
  title: string;
  rows: Row[];
  note?: string;
  /** Examples of what is wrong. */
  faults?: string[];
}

export interface UpstreamCounts {
  /** Streams that are open. */
  open: number;
  /** The most that were open at the same time. */
  peak: number;
  /** Streams that the client closed before their end. */
  closedEarly: number;
}

export interface Upstream extends UpstreamCounts {
  port: number;
  /** How many `together` streams must be open before they advance. */
  gate: number;
  /** What sends the next batch of a `step` stream. */
  steps: Map<number, () => void>;
  close(): Promise<void>;
}

export interface UpstreamProcess {
  port: number;
  /** Sets the gate, and resolves to the counts. */
  update(fields?: { gate?: number }): Promise<UpstreamCounts>;
  stop(): Promise<void>;
}

export interface RunningWorker {
  name: string;
  pid: number;
  port: number;
  /** From its start to its port, in milliseconds. */
  startMs: number;
  /** The end of what workerd printed. */
  output(): string;
  stop(): Promise<void>;
}

/** The bindings of the Workers. */
export interface WorkerEnv {
  GATEWAY_TOKEN: string;
  OCI_ENDPOINT: string;
  OCI_COMPARTMENT_ID: string;
}
