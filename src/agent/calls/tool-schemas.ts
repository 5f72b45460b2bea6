import { isObject } from "../../is-object.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";

const SECURITY_RISK = {
  type: "string",
  enum: ["UNKNOWN", "LOW", "MEDIUM", "HIGH"],
  description: "Your own judgement of how much harm this call could do.",
};

const SUMMARY = {
  type: "string",
  description: "What this call does, in about ten words, for the person who watches.",
};

/** The tools as the model sees them: every call also says how risky it is and what it is for. */
export function toolSchemas(tools: Toolbox): ToolSchema[] {
  return tools.schemas.map((schema) => {
    const tool = tools.get(schema.name);
    const asked = {
      ...(tool?.isReadOnly ? {} : { security_risk: SECURITY_RISK }),
      ...(tool?.ownsSummary ? {} : { summary: SUMMARY }),
    };
    const own = isObject(schema.parameters.properties) ? schema.parameters.properties : {};
    return { ...schema, parameters: { ...schema.parameters, properties: { ...asked, ...own } } };
  });
}
