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

/**
 * Returns a function for the schemas that the model sees. It builds them again only after the set of tools has
 * changed.
 */
export function schemasOf(tools: Toolbox): () => readonly ToolSchema[] {
  let source: readonly ToolSchema[] | undefined;
  let schemas: readonly ToolSchema[] = [];
  return () => {
    if (source !== tools.schemas) schemas = toolSchemas(tools);
    source = tools.schemas;
    return schemas;
  };
}

/** Adds to each schema the risk of a call, unless calls are not `rated`, and its purpose. */
export function toolSchemas(tools: Pick<Toolbox, "schemas" | "get">, { rated = true } = {}): ToolSchema[] {
  return tools.schemas.map((schema) => {
    const tool = tools.get(schema.name);
    const added = {
      ...(!rated || tool?.isReadOnly ? {} : { security_risk: SECURITY_RISK }),
      ...(tool?.ownsSummary ? {} : { summary: SUMMARY }),
    };
    const own = isObject(schema.parameters.properties) ? schema.parameters.properties : {};
    return { ...schema, parameters: { ...schema.parameters, properties: { ...added, ...own } } };
  });
}
