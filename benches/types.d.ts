// The types that the benchmark's modules share.
import type { ChatRequest } from "oci-genai-edge";

export type Path = "chunks" | "text" | "gateway" | "passthrough";

/**
 * What targets need to know of a contender: "plain" parses and maps a stream, "call" does what a call of ours does,
 * "baseline" only reads, "other" is information.
 */
export type Role = "ours" | "plain" | "call" | "openai" | "baseline" | "other";

export interface BenchRequest extends ChatRequest {
  messages: { role: string; content: string }[];
}

/** An answer: its events as OCI writes them, and the request that gets them. */
export interface Corpus {
  name: string;
  apiFormat: "GENERIC" | "COHERE";
  includeUsage: boolean;
  request: BenchRequest;
  events: string[];
}

/** The length of a stream, in events of text, for chunkings where it is not the corpus' own. */
export type Lengths = Record<string, number>;

export interface Service {
  chunks: Uint8Array<ArrayBuffer>[];
  fetch: () => Promise<Response>;
}

/** Opens one stream; a gateway gets the request that it has to answer. */
export type Opener = (request?: any) => any;

/** Prepares a contender, and gives what opens its streams. */
export type ContenderFactory = (service: Service, corpus: Corpus) => Opener;

export interface Contender {
  path: Path;
  name: string;
  role: Role;
  /** Where it takes part, if not everywhere. */
  corpora?: string[];
  /** Whose events it reads. */
  reads: "oci" | "openai";
  /** What its streams consist of. */
  gives: "chunks" | "text" | "events" | "response" | "bytes";
  load(): Promise<ContenderFactory>;
}

/** The content of a stream, as its reader sees it. */
export interface Outcome {
  text: string;
  /** Into how many strings the text was cut. */
  strings?: number;
  reasoning?: string;
  finish?: string | null;
  calls?: { id: string; name: string; arguments: string }[];
  usage?: unknown;
  deltas?: number;
  chunks?: string;
}

/** Reads streams with one contender, in a process or an isolate of its own. */
export interface Runner {
  /** The content of one stream; undefined for a contender that only reads bytes. */
  outcome(chunking: string): Promise<Outcome | undefined>;
  /** Milliseconds for `repeats` streams. */
  time(chunking: string, repeats: number): Promise<number>;
  close(): void;
}

/** Starts the runner of a contender. */
export type StartRunner = (path: Path, name: string, corpus: string, lengths: Lengths) => Runner;

export interface Summary {
  median: number;
  spread: number;
  rounds: number;
}

export interface ContenderResult extends Summary {
  name: string;
  role: Role;
  note?: string;
  /** Whether it has to agree with the first contender, and does not. */
  wrong?: boolean;
  strings?: number;
  /** Its time as a multiple of ours. */
  ratio?: number;
}

export interface Cell {
  path: Path;
  corpus: string;
  chunking: string;
  contenders: ContenderResult[];
}

export interface Row {
  path: Path;
  corpus: string;
  chunkings: string[];
}

export interface Options {
  paths: Path[];
  cells: (corpus: string, chunking: string) => boolean;
  only?: (contender: Contender) => boolean;
  rounds?: number;
  budgetMs?: number;
  warmMs?: number;
}

export interface ColdResult {
  import: Summary;
  first: Summary;
  end: Summary;
}

export interface BundleSize {
  name: string;
  /** Whether a target applies to it. */
  hasTarget: boolean;
  script: number;
  wasm: number;
  whole: number;
}

/** One line that benches/native prints. */
export interface NativeLine {
  group: string;
  contender: string;
  corpus: string;
  chunking: string;
  ns_per_event?: number;
  ratio?: number;
}

export interface Results {
  sizes: BundleSize[];
  cold?: { ours: ColdResult; plain: ColdResult };
  short: Cell[];
  node: Cell[];
  workerd: Cell[];
  native: NativeLine[];
}

export interface Machine {
  cpu: string;
  system: string;
  node: string;
  packages: [name: string, version: string][];
}
