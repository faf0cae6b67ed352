// The gateway, in one line.
export { default } from "oci-genai-edge/gateway";
