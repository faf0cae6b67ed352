// `route MODEL`: where a model id would be sent, and how. No network, no credentials.

import { OciGenAI } from "oci-genai-edge";

import { ROUTE_OPTIONS, readModel, rejectMore } from "./arguments.js";
import { routeSettings } from "./environment.js";
import { bold, print } from "./terminal.js";

/** @import { Route } from "oci-genai-edge" */
/** @import { Option } from "./arguments.js" */
/** @import { Invocation } from "./main.js" */

export const usage = "route MODEL [options]";
export const summary = "where a model would be called, and how; sends nothing";

/** @type {Record<string, Option>} */
export const options = {
  ...ROUTE_OPTIONS,
  operation: {
    value: "NAME",
    choices: ["chat", "embed", "rerank", "moderate"],
    help: "chat, embed, rerank or moderate (chat)",
  },
  json: { help: "as JSON" },
};

/** @param {Invocation} invocation */
export async function run(invocation) {
  const { values, env } = invocation;
  const { model, rest } = readModel(invocation, usage);
  rejectMore(rest, usage);
  const settings = routeSettings(values, env);
  const route = new OciGenAI(settings).route(model, { operation: values.operation });
  print(values.json ? `${JSON.stringify(route, null, 2)}\n` : describe(route, settings.apiFormat === undefined));
  return 0;
}

/**
 * @param {Route} route
 * @param {boolean} isAssumed whether nobody has set the format
 */
function describe({ model, servingMode, transport, apiFormat, realm, region, url }, isAssumed) {
  const isEndpoint = servingMode?.servingType === "DEDICATED";
  const assumption = isAssumed && isEndpoint ? ", corrected once if the service rejects it; --api-format sets it" : "";
  const rows = [
    ["model", model],
    ["serving", servingMode?.servingType],
    ["transport", transport],
    ["format", apiFormat && `${apiFormat}${assumption}`],
    ["region", [region, realm && `realm ${realm}`].filter(Boolean).join(", ")],
    ["url", `POST ${url}`],
  ];
  return rows.map(([name = "", value]) => (value ? `${bold(name.padEnd(11))}${value}\n` : "")).join("");
}
