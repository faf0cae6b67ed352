// An instance of OCI Compute: its metadata service, and the federation service of its region. Both
// check what they receive.

import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify, X509Certificate } from "node:crypto";
import { parseAuthorization, signingString } from "../../simulator/signature.mjs";
import { makeCertificate } from "./certificate.mjs";
import { startServer } from "./local-server.mjs";

/** @import { IncomingMessage } from "node:http" */
/** @import { Credential } from "../../simulator/types.d.ts" */

const SIGNED = "date (request-target) content-length content-type x-content-sha256";
const MAX_SKEW_MS = 5 * 60_000;

const root = makeCertificate({
  commonName: "PKISVC Identity Intermediate",
  keys: generateKeyPairSync("rsa", { modulusLength: 2048 }),
});

/**
 * Starts both services.
 *
 * @param {object} [options]
 * @param {() => number} [options.now] the clock of the federation service
 * @param {string} [options.unit] what the certificate says of the tenancy, before its OCID
 */
export async function startInstance({ now = Date.now, unit = "opc-tenant" } = {}) {
  const tenancy = `ocid1.tenancy.oc1..simtenancy${randomBytes(8).toString("hex")}`;
  const makeLeaf = (issuer = root, of = tenancy) =>
    makeCertificate({
      commonName: "ocid1.instance.oc1.ord.example",
      units: ["opc-certtype:instance", `${unit}:${of}`],
      issuer,
    });

  const instance = {
    tenancy,
    makeLeaf,
    /** What the metadata service has. */
    leaf: makeLeaf(),
    /** Of an earlier certificate, while the two are replaced. @type {string[]} */
    oldKeys: [],
    intermediate: root.pem,
    regionInfo: JSON.stringify({
      realmKey: "oc1",
      realmDomainComponent: "oraclecloud.com",
      regionKey: "ORD",
      regionIdentifier: "us-chicago-1",
    }),
    /** Certificates that the federation service does not accept any more. @type {Set<string>} */
    revoked: new Set(),
    lifetimeSeconds: 1200,
    /** Answers of the federation service before its own: a status, or what it sends with 200. */
    answers: /** @type {(number | string)[]} */ ([]),
    /** Tokens that were issued, and the keys that they are for. @type {Credential[]} */
    issued: [],
    /** @type {{ metadata: string[], federation: (string | undefined)[] }} what came of each request */
    log: { metadata: [], federation: [] },
    metadataUrl: "",
    federationEndpoint: "",
    rotate() {
      instance.revoked.add(instance.leaf.pem.replaceAll(/-----[^-]+-----|\s/g, ""));
      instance.leaf = makeLeaf();
    },
  };

  const metadata = await startServer((request, response) => {
    const path = (request.url ?? "").replace("/opc/v2/", "");
    instance.log.metadata.push(path);
    if (request.headers.authorization !== "Bearer Oracle") return void response.writeHead(401).end();
    /** @type {Record<string, () => string>} */
    const files = {
      "instance/regionInfo": () => instance.regionInfo,
      "identity/cert.pem": () => instance.leaf.pem,
      "identity/key.pem": () => instance.oldKeys.shift() ?? instance.leaf.keyPem,
      "identity/intermediate.pem": () => instance.intermediate,
    };
    const file = files[path];
    if (!file) return void response.writeHead(404).end();
    response.end(file());
  });

  const federation = await startServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const next = instance.answers.shift();
    if (typeof next === "string") return void response.end(next);
    const refusal = next === undefined ? refusalOf(request, body, instance.revoked, root.pem, now()) : String(next);
    instance.log.federation.push(refusal);
    if (refusal !== undefined) {
      const headers = { "content-type": "application/json", "opc-request-id": "federation-request" };
      const error = { code: "NotAuthenticated", message: `${refusal}: ${request.headers.authorization} ${body}` };
      return void response.writeHead(next ?? 401, headers).end(JSON.stringify(error));
    }
    const { publicKey } = JSON.parse(body.toString());
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    const issuedAt = Math.floor(now() / 1000);
    const segment = (/** @type {object} */ claims) => Buffer.from(JSON.stringify(claims)).toString("base64url");
    const claims = { sub: "instance", iat: issuedAt, exp: issuedAt + instance.lifetimeSeconds };
    const token = `${segment({ alg: "RS256" })}.${segment(claims)}.${randomBytes(32).toString("base64url")}`;
    instance.issued.push({ keyId: `ST$${token}`, publicKey: String(key.export({ type: "spki", format: "pem" })) });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token }));
  });
  instance.metadataUrl = `${metadata}/opc/v2`;
  instance.federationEndpoint = federation;
  return instance;
}

/**
 * Why the federation service refuses a request, or undefined.
 *
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @param {Set<string>} revoked
 * @param {string} issuer
 * @param {number} now
 */
function refusalOf({ method = "", url: path = "", headers: received }, body, revoked, issuer, now) {
  const headers = /** @type {Record<string, string | undefined>} */ (received);
  if (method !== "POST" || path !== "/v1/x509") return "not found";
  const { headers: names, keyId, algorithm, version, signature = "" } = parseAuthorization(headers.authorization) ?? {};
  if (version !== "1" || algorithm !== "rsa-sha256" || names !== SIGNED) return "not signed as it has to be";
  if (Math.abs(now - Date.parse(headers.date ?? "")) > MAX_SKEW_MS) return "the date is too far off";
  if (headers["content-length"] !== String(body.length)) return "another length";
  if (headers["content-type"] !== "application/json") return "not JSON";
  if (headers["x-content-sha256"] !== createHash("sha256").update(body).digest("base64")) return "another body";
  const { certificate, publicKey, intermediateCertificates, fingerprintAlgorithm, ...rest } = JSON.parse(`${body}`);
  if (Object.keys(rest).length > 0) return "an unknown field";
  if (/[\s-]/.test(certificate + publicKey)) return "not base64 without line breaks";
  if (`${intermediateCertificates}` !== issuer.replaceAll(/-----[^-]+-----|\s/g, "")) return "another intermediate";
  if (revoked.has(certificate)) return "the certificate was replaced";
  const leaf = new X509Certificate(Buffer.from(certificate, "base64"));
  if (!leaf.verify(new X509Certificate(issuer).publicKey)) return "not issued by the intermediate";
  const tenancy = /opc-(?:tenant|identity):(\S+)/.exec(leaf.subject)?.[1];
  const fingerprint = leaf.fingerprint256.toLowerCase();
  if (fingerprintAlgorithm !== "SHA256") return "another algorithm";
  if (keyId !== `${tenancy}/fed-x509-sha256/${fingerprint}`) return "another keyId";
  const text = signingString({ method, path, headers }, SIGNED.split(" "));
  const isValid = verify("RSA-SHA256", Buffer.from(text), leaf.publicKey, Buffer.from(signature, "base64"));
  return isValid ? undefined : "the signature does not match the request";
}
