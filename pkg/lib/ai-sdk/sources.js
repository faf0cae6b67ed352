// What an answer is grounded in, in the forms of each kind of model, as sources and citations.

/** @import { Citation, Source } from "../../ai-sdk.js" */
/** @import { Annotation, OciExtras } from "../../index.js" */

/**
 * @typedef {object} Grounding
 * @property {Source[]} sources each once
 * @property {Citation[]} citations where they are cited in the text
 */

/**
 * @param {OciExtras} oci
 * @param {readonly Annotation[]} annotations
 * @param {readonly any[]} [sent] the documents of the request
 * @returns {Grounding}
 */
export function groundingOf(oci, annotations, sent = []) {
  const sources = new Sources([...listOf(oci.documents), ...sent]);
  /** @type {Citation[]} */
  const citations = [];
  for (const citation of /** @type {any[]} */ (listOf(oci.citations))) {
    const cited = [
      ...listOf(citation.documentIds).map((id) => sources.document(id)),
      ...listOf(citation.sources).map((source) => sources.cohereV2(source)),
    ];
    // Those of COHEREV2 may be of its reasoning or its plan.
    const isOfText = citation.type === undefined || citation.type === "TEXT_CONTENT";
    for (const source of cited) {
      if (isOfText) citations.push({ source, startIndex: citation.start, endIndex: citation.end });
    }
  }
  for (const { url_citation: cited } of annotations) {
    const source = sources.address(cited.url, cited.title);
    citations.push({ source, startIndex: cited.start_index, endIndex: cited.end_index });
  }
  const { groundingChunks } = /** @type {any} */ (oci.grounding_metadata ?? {});
  for (const { web } of /** @type {any[]} */ (listOf(groundingChunks))) {
    if (web?.uri) sources.address(web.uri, web.title);
  }
  return { sources: sources.all, citations };
}

class Sources {
  /** @type {Map<string, Source>} */
  #byKey = new Map();
  #documents;

  /** @param {any[]} documents */
  constructor(documents) {
    this.#documents = documents;
  }

  get all() {
    return [...this.#byKey.values()];
  }

  /**
   * Cohere names documents without an id by their position in the request.
   *
   * @param {any} id
   * @param {any} [known] the document
   */
  document(id, known) {
    const position = /^doc_(\d+)$/.exec(id)?.[1];
    const document = known ?? this.#documents.find((it) => it?.id === id) ?? this.#documents[Number(position)] ?? {};
    const { title = document.name ?? id, url } = document;
    if (isWebAddress(url)) return this.#add(id, { type: "source", sourceType: "url", id, url, title: String(title) });
    const mediaType = "text/plain";
    return this.#add(id, { type: "source", sourceType: "document", id, mediaType, title: String(title) });
  }

  /** @param {any} source a document, or the output of a tool */
  cohereV2({ document, tool }) {
    const id = String(document?.id ?? tool?.id ?? "");
    return this.document(id, document?.document);
  }

  /**
   * @param {string} url
   * @param {string} [title]
   */
  address(url, title) {
    return this.#add(url, { type: "source", sourceType: "url", id: url, url, ...(title && { title }) });
  }

  /**
   * @param {string} key
   * @param {Source} source
   */
  #add(key, source) {
    this.#byKey.set(key, source);
    return source;
  }
}

/** @param {unknown} url */
function isWebAddress(url) {
  return typeof url === "string" && /^https?:/i.test(url);
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function listOf(value) {
  return Array.isArray(value) ? value : [];
}
