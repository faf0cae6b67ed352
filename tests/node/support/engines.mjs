// Cloudflare's engines in memory, for the gateway in Node.

import { createHash, randomBytes } from "node:crypto";

/** A new key, and the name of its record. */
export function makeKey() {
  const key = `oge-${randomBytes(24).toString("base64url")}`;
  return { key, name: `sha256:${createHash("sha256").update(key).digest("hex")}` };
}

/**
 * A KV namespace. `reads` are the names that were read; `failure` is what reading throws.
 *
 * @param {Record<string, unknown>} records by name
 */
export function makeNamespace(records) {
  const namespace = {
    records,
    /** @type {string[]} */
    reads: [],
    /** @type {Error | undefined} */
    failure: undefined,
    /**
     * @param {string} name
     * @param {{ type: "text", cacheTtl: number }} options
     */
    get: async (name, { cacheTtl }) => {
      if (cacheTtl < 30) throw new RangeError("cacheTtl must be at least 30");
      namespace.reads.push(name);
      if (namespace.failure) throw namespace.failure;
      const record = records[name];
      if (record === undefined) return null;
      return typeof record === "string" ? record : JSON.stringify(record);
    },
  };
  return namespace;
}

/**
 * Durable Objects of a class. `restart` drops what is not stored; `failure` is what a request throws.
 *
 * @param {new (state: any) => { fetch(request: Request): Promise<Response> }} Class
 */
export function makeObjects(Class) {
  /** @type {Map<string, Map<string, unknown>>} */
  const stores = new Map();
  /** @type {Map<string, { object: any, ready: Promise<unknown> }>} */
  const objects = new Map();
  const namespace = {
    /** @type {string[]} */
    requests: [],
    /** @type {Error | undefined} */
    failure: undefined,
    stores,
    restart: () => objects.clear(),
    idFromName: (/** @type {string} */ name) => name,
    get: (/** @type {string} */ name) => ({
      /**
       * @param {string} url
       * @param {{ method: string, body: string }} init
       */
      fetch: async (url, init) => {
        namespace.requests.push(name);
        if (namespace.failure) throw namespace.failure;
        const { object, ready } = open(name);
        await ready;
        return object.fetch(new Request(url, init));
      },
    }),
  };
  /** @param {string} name */
  const open = (name) => {
    const store = stores.get(name) ?? new Map();
    stores.set(name, store);
    let opened = objects.get(name);
    if (!opened) {
      /** @type {Promise<unknown>} */
      let ready = Promise.resolve();
      const storage = {
        get: async (/** @type {string} */ key) => structuredClone(store.get(key)),
        put: async (/** @type {string} */ key, /** @type {unknown} */ value) => {
          store.set(key, structuredClone(value));
        },
      };
      const blockConcurrencyWhile = (/** @type {() => Promise<unknown>} */ work) => (ready = work());
      const object = new Class({ storage, blockConcurrencyWhile });
      opened = { object, ready };
      objects.set(name, opened);
    }
    return opened;
  };
  return namespace;
}
