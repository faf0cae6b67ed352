// app/api/chat/route.js
import { oci } from "../../../oci.js";

export async function POST(request) {
  const { messages } = await request.json();
  const call = { model: "house", messages };
  // A reader who leaves aborts the signal, and that ends the request to OCI.
  return oci().stream(call, { signal: request.signal }).toResponse();
}
