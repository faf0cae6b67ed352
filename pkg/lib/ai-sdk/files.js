// Texts and files of a prompt as the parts of OpenAI's messages.

import { UnsupportedFunctionalityError } from "./errors.js";

/** @import { PromptPart } from "../../ai-sdk.js" */
/** @import { ContentPart } from "../../index.js" */

/**
 * A file's content: an address, or base64.
 *
 * @typedef {{ url: string, base64?: undefined } | { base64: string, url?: undefined }} FileData
 */

/**
 * A part of a user's message, or of a tool's result, in which V3 has more types of files.
 *
 * @param {PromptPart} part
 * @returns {ContentPart}
 */
export function contentPart(part) {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "file":
    case "file-data":
      return filePart(part, part.data);
    case "image-data":
      return filePart({ ...part, mediaType: part.mediaType ?? "image" }, part.data);
    case "file-url":
      return filePart(part, new URL(part.url));
    case "image-url":
      return filePart({ ...part, mediaType: "image" }, new URL(part.url));
    default:
      throw new UnsupportedFunctionalityError(`a part of type ${part.type}`, "use text or files");
  }
}

/**
 * @param {PromptPart} part
 * @param {any} data of V4, with a type, or of V3
 * @returns {ContentPart}
 */
function filePart({ mediaType = "application/octet-stream", filename, providerOptions }, data) {
  if (data.type === "text") return { type: "text", text: data.text };
  const [kind, subtype] = mediaType.split("/");
  if (kind === "text" && isInline(data)) return { type: "text", text: textOf(data) };
  const file = fileData(data);
  // Without a subtype the type was not recognised.
  const hasSubtype = subtype !== undefined && subtype !== "*";
  const url = file.url ?? `data:${hasSubtype ? mediaType : (DEFAULT_TYPES[kind] ?? mediaType)};base64,${file.base64}`;
  switch (kind) {
    case "image": {
      const detail = providerOptions?.oci?.detail;
      return { type: "image_url", image_url: { url, ...(detail !== undefined && { detail }) } };
    }
    case "audio": {
      if (file.base64 === undefined) return { type: "audio_url", audio_url: { url } };
      const format = AUDIO_FORMATS[subtype] ?? subtype ?? "wav";
      return { type: "input_audio", input_audio: { data: file.base64, format } };
    }
    case "video":
      return { type: "video_url", video_url: { url } };
    default:
      if (file.url !== undefined) return { type: "document_url", document_url: { url } };
      return { type: "file", file: { ...(filename !== undefined && { filename }), file_data: url } };
  }
}

/** @type {Record<string, string>} */
const DEFAULT_TYPES = { image: "image/jpeg", video: "video/mp4" };

/**
 * OpenAI's names of formats, where they are not the subtype.
 *
 * @type {Record<string, string>}
 */
const AUDIO_FORMATS = { mpeg: "mp3", "x-wav": "wav", wave: "wav", "*": "wav" };

/** @param {any} data */
function isInline(data) {
  return data.type === "data" || typeof data === "string" || data instanceof Uint8Array;
}

/**
 * The text of a text file.
 *
 * @param {any} data
 */
function textOf(data) {
  const content = data.type === "data" ? data.data : data;
  const bytes = typeof content === "string" ? Uint8Array.from(atob(content), (unit) => unit.charCodeAt(0)) : content;
  return new TextDecoder().decode(bytes);
}

/**
 * @param {any} data
 * @returns {FileData}
 */
function fileData(data) {
  if (data.type === "reference") {
    throw new UnsupportedFunctionalityError("a reference to a file", "OCI keeps no files for chats: send the file");
  }
  if (data.type === "url") return { url: data.originalUrl ?? String(data.url) };
  const content = data.type === "data" ? data.data : data;
  if (content instanceof URL) return { url: String(content) };
  return { base64: typeof content === "string" ? content : encodeBase64(content) };
}

/** How many bytes become arguments of a call at once, of which a stack takes some 100,000. */
const SLICE = 0x8000;

/** @param {Uint8Array} bytes */
function encodeBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += SLICE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  }
  return btoa(binary);
}
