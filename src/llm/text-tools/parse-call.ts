import { isObject } from "../../is-object.ts";
import type { ToolSchema } from "../llm.ts";
import { LlmError } from "../llm-error.ts";
import { propertiesOf } from "./describe-tools.ts";

/** A model's text in its parts. */
export interface ParsedText {
  /** The words before the call. */
  said: string;
  call: { name: string; arguments: Record<string, unknown> } | null;
}

/**
 * Reads a call from a model's text and repairs common mistakes: a close tag cut off by the stop word, a wrapper of
 * `<tool_call>`, the end of a thought that has no beginning, parameters written `<parameter=a=b</parameter>`.
 *
 * @throws LlmError FunctionCallValidationError that names the mistake, for the model to read
 */
export function parseCall(text: string, tools: readonly ToolSchema[]): ParsedText {
  const start = text.search(/<function=/);
  if (start < 0) return { said: text.trim(), call: null };
  const said = text
    .slice(0, start)
    .replace(/<tool_call>\s*$/, "")
    .replace(/<\/think>\s*$/, "");
  const [, rawName = "", tail = ""] = /^<function=([^>\n]*)>?([\s\S]*)$/.exec(text.slice(start)) ?? [];
  const name = rawName.trim();
  const body = tail.replace(/<\/function[\s\S]*$/, "");
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    throw invalid(`Function '${name}' is not known. Available: ${tools.map((each) => each.name).join(", ")}`);
  }
  return { said: said.trim(), call: { name, arguments: readParameters(body, tool) } };
}

function readParameters(body: string, tool: ToolSchema): Record<string, unknown> {
  const properties = propertiesOf(tool.parameters);
  const allowed = Object.keys(properties);
  const values: Record<string, unknown> = {};
  const pattern = /<parameter=([^>=\n]+)[>=]([\s\S]*?)(?:<\/parameter>|(?=<parameter=)|$)/g;
  for (const [, rawName = "", raw = ""] of body.matchAll(pattern)) {
    const name = rawName.trim();
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (allowed.length > 0 && schema === undefined && name !== "security_risk") {
      throw invalid(
        `Parameter '${name}' is not allowed for function '${tool.name}'. Allowed parameters: ${allowed.join(", ")}`,
      );
    }
    values[name] = readValue(name, raw, schema ?? {});
  }
  const required = Array.isArray(tool.parameters.required) ? tool.parameters.required : [];
  // The agent's loop checks security_risk, and takes it from models that were not asked for it.
  const missing = required.filter((name) => !(name in values) && name !== "security_risk");
  if (missing.length > 0) {
    throw invalid(`Missing required parameters for function '${tool.name}': ${missing.join(", ")}`);
  }
  return values;
}

function readValue(name: string, raw: string, schema: Record<string, unknown>): unknown {
  const value = convert(name, raw, schema);
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
    throw invalid(`Parameter '${name}' is expected to be one of ${schema.enum.join(", ")}.`);
  }
  return value;
}

function convert(name: string, raw: string, schema: Record<string, unknown>): unknown {
  const trimmed = raw.trim();
  const must = (valid: boolean, kind: string) => {
    if (!valid) throw invalid(`Parameter '${name}' is expected to be ${kind}.`);
  };
  switch (schema.type) {
    case "integer":
      must(/^[+-]?\d+$/.test(trimmed), "an integer");
      return Number(trimmed);
    case "number":
      must(trimmed !== "" && Number.isFinite(Number(trimmed)), "a number");
      return Number(trimmed);
    case "boolean":
      must(/^(true|false)$/i.test(trimmed), "true or false");
      return trimmed.toLowerCase() === "true";
    case "array": {
      const list = parseJson(trimmed);
      must(Array.isArray(list), "an array");
      return list;
    }
    case "object": {
      const object = parseJson(trimmed);
      must(isObject(object), "an object");
      return object;
    }
    default:
      return schema.enum === undefined ? withoutFrame(raw) : trimmed;
  }
}

/** Removes the line breaks next to the tags, which are layout. Indentation belongs to the value. */
function withoutFrame(raw: string): string {
  return raw.includes("\n") ? raw.replace(/^\r?\n/, "").replace(/\r?\n[ \t]*$/, "") : raw.trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(message: string): LlmError {
  return new LlmError("FunctionCallValidationError", message);
}
