// What other folders use of the simulator, for `tsc`.

/** An OCI API key that exists for one run only. Keys are PEM. */
export interface Credentials {
  tenancy: string;
  user: string;
  fingerprint: string;
  keyId: string;
  privateKey: string;
  privateKeyPkcs1: string;
  publicKey: string;
}

/** A session token and the key it is bound to. */
export interface SessionToken {
  token: string;
  keyId: string;
  privateKey: string;
  privateKeyPkcs1: string;
  publicKey: string;
}

export interface SimulatorOptions {
  /** 0, the default, is any free port. */
  port?: number;
  /** Read at every request: removing an entry revokes it. */
  credentials?: { keyId: string; publicKey: string }[];
  /** Read at every request, as `credentials` is. */
  apiKeys?: string[];
  compartmentId?: string;
  /** Milliseconds per token. 0, the default, sends as fast as possible. */
  pace?: number;
  /** Whether signatures are verified. Default: true. */
  verify?: boolean;
}

export interface Simulator {
  url: string;
  port: number;
  compartmentId: string;
  /** Every request received so far. */
  requests: any[];
  close(): Promise<void>;
}

export const COMPARTMENT_ID: string;
export const SCENARIOS: Record<string, any>;
export function endpointId(name: string): string;
export function makeCredentials(): Credentials;
export function makeSessionToken(options?: { lifetimeSeconds?: number }): SessionToken;
export function startSimulator(options?: SimulatorOptions): Promise<Simulator>;
