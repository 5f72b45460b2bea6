import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createServer } from "../../../src/index.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { type Field, factsOf, fromText } from "./facts.ts";

const reference = fromText(readFileSync(join(import.meta.dirname, "reference-facts.txt"), "utf8"));
const document = createServer({ keyless: "loopback", store: memoryStore(), logger: "silent" }).openapi();
const ours = factsOf(document);

/** Successes that an operation may have in addition: something made, a range of bytes, bytes that are there already. */
const OWN_SUCCESSES = new Set(["201", "206", "304"]);

/** Operations that the reference does not have, and why. */
const OWN_OPERATIONS: Readonly<Record<string, string>> = {
  "GET /api/access-keys": "keys with a scope and an end",
  "POST /api/access-keys": "as above",
  "DELETE /api/access-keys/{key_id}": "as above",
  "POST /api/access-keys/{key_id}/rotate": "as above",
};

/** Names that a collision of Python modules made, by those that clients write. */
const PLAIN_NAMES: Readonly<Record<string, string>> = {
  openhands__sdk__tool__spec__Tool: "Tool",
  openhands__sdk__tool__tool__ToolAnnotations: "ToolAnnotations",
};

/** Schemas of the reference that this document has no name for, and why. */
const UNNAMED: Readonly<Record<string, string>> = {
  BaseWorkspace: "there is one kind of workspace",
  RemoteWorkspace: "a workspace of the Python client",
  ACPAgentProfile: "an open profile here, checked by its kind",
  OpenHandsAgentProfile: "as ACPAgentProfile",
  ProfileVerificationSettings: "part of OpenHandsAgentProfile",
  JSONValue: "any value has no name here",
  MCPConfigPatch: "part of the patch of agent settings, which is open here and checked when it is applied",
  TraceMetadataValue: "checked by value, with an error for its key",
  MCPToolDefinition: "an entry of the open schema of tools",
  Icon: "part of a tool of an MCP server, which the open schema of tools takes as it is",
  ToolExecution: "as Icon",
  mcp__types__ToolAnnotations: "as Icon",
};

/** Fields that differ, and why. */
const FIELDS: Readonly<Record<string, string>> = {
  "AgentContext.memory_context": "refused: set by the server",
  "AgentContext.secrets": "the type is named here",
  "HookDefinition.command": "only hooks that run a command have one",
  "LLM.model": "no model is chosen for a client that names none",
  "LLM.reasoning_effort": "other words go to the provider as they are",
  "LLM.is_subscription": "computed there, a field with a default here",
  "Choice.finish_reason": "an agent always answers with a stop",
  "ChatCompletion.moderation": "of OpenAI's own service",
  "ChatCompletion.service_tier": "of OpenAI's own service",
  "ChatCompletion.system_fingerprint": "of OpenAI's own service",
  "ChatCompletionMessage.refusal": "of OpenAI's own service",
  "ChatCompletionMessage.annotations": "of OpenAI's own service",
  "ChatCompletionMessage.audio": "of OpenAI's own service",
  "ChatCompletionMessage.function_call": "of OpenAI's own service",
  "ChatCompletionMessage.tool_calls": "of OpenAI's own service",
  "Choice.logprobs": "of OpenAI's own service",
  "CompletionUsage.completion_tokens_details": "of OpenAI's own service",
  "CompletionUsage.prompt_tokens_details": "of OpenAI's own service",
  "ConversationInfo.workspace": "there is one kind of workspace",
  "FetchPluginResponse.manifest": "any value has no name here",
  "MaterializeAgentProfileRequest.profile": "an open profile here, checked by its kind",
  "MCPTestSuccess.resolved_mcp_servers": "deprecated there, and never filled",
  "HealthStatus.status": "always ok",
  "ServerInfo.uptime": "whole seconds",
  "ServerInfo.idle_time": "whole seconds",
  "SettingsChoice.value": "an integer is a number",
  "SettingsUpdateRequest.agent_settings_diff": "the patch is open, and its result is checked",
  "Skill.mcp_tools": "the type is named here",
  "StartConversationRequest.agent_settings": "the type is named here",
  "StartConversationRequest.observability_metadata": "checked by value, with an error for its key",
};

/** Operations of the reference that this server does not have, and why. */
const NOT_SERVED: Readonly<Record<string, string>> = {};

/** Parts of the answers of OpenAI's own service that an agent's answers do not have. */
const OF_OPENAI = [
  ...["Annotation", "AnnotationURLCitation", "ChatCompletionAudio", "ChatCompletionMessageCustomToolCall"],
  ...["ChatCompletionMessageFunctionToolCall", "ChatCompletionTokenLogprob", "ChoiceLogprobs", "Custom"],
  ...["CompletionTokensDetails", "Function", "FunctionCall", "Moderation", "ModerationInputError"],
  ...["ModerationInputModerationResults", "ModerationInputModerationResultsResult", "ModerationOutputError"],
  ...["ModerationOutputModerationResults", "ModerationOutputModerationResultsResult", "PromptTokensDetails"],
  ...["TopLogprob"],
];

/** Bodies and answers that differ, and why. */
const CONTENTS: Readonly<Record<string, string>> = {
  "GET /api/canvas-extensions/installed/{extension_name}/icon 200": "bytes have no schema in OpenAPI 3.1",
  "GET /ready 200": "the body is described",
  "GET /api/conversations/{conversation_id}/events/search 200": "the body is described",
};

/** Schemas of bodies that clients send. */
const REQUESTS = new Set([...reference.operations.values()].map(({ body }) => body.replace(/^\S+ /, "")));

const FORM = "multipart/form-data ";

const built = [...ours.operations.keys()].filter((key) => reference.operations.has(key));

it("has every operation of this server under the name, path and method of the reference", () => {
  const own = [...ours.operations.keys()].filter((key) => !reference.operations.has(key));
  expect(own.sort()).toEqual(Object.keys(OWN_OPERATIONS).sort());
});

it("has every operation of the reference but those that are listed with a reason", () => {
  const missing = [...reference.operations.keys()].filter((key) => !ours.operations.has(key));
  expect(missing.sort()).toEqual(Object.keys(NOT_SERVED).sort());
  expect(reference.operations.size).toBe(177);
});

it("lists nothing as different that is the same", () => {
  const names = new Set([...ours.schemas.keys()].map(base));
  expect([...Object.keys(UNNAMED), ...OF_OPENAI].filter((name) => names.has(name))).toEqual([]);
  const known = new Set([...reference.schemas.keys()].map(base).map(plain));
  expect(Object.keys(FIELDS).filter((field) => !known.has(field.split(".")[0] ?? ""))).toEqual([]);
});

describe.each(built)("%s", (key) => {
  const ourFacts = ours.operations.get(key);
  const theirs = reference.operations.get(key);
  if (ourFacts === undefined || theirs === undefined) throw new Error(`no facts of ${key}`);

  it("has the reference's id and parameters", () => {
    expect(ourFacts.id).toBe(theirs.id);
    for (const [name, field] of theirs.parameters)
      expect({ [name]: ourFacts.parameters.get(name) }).toEqual({ [name]: field });
    const added = [...ourFacts.parameters].filter(([name]) => !theirs.parameters.has(name));
    expect(added.filter(([, { required }]) => required)).toEqual([]);
  });

  it("has the reference's body and answers", () => {
    // Forms have no name here, and a made-up one there.
    if (theirs.body.startsWith(FORM)) expect(ourFacts.body.startsWith(FORM)).toBe(true);
    else expect(ourFacts.body).toBe(theirs.body);
    for (const [status, type] of theirs.answers) {
      expect(ourFacts.answers.has(status)).toBe(true);
      // Errors have several forms in both, and the reference leaves some bodies open.
      const isOpen = status >= "400" || type === "" || type === "any" || `${key} ${status}` in CONTENTS;
      if (!isOpen) expect(openType(ourFacts.answers.get(status))).toBe(openType(type));
    }
    const added = [...ourFacts.answers.keys()].filter((status) => !theirs.answers.has(status));
    expect(added.filter((status) => status < "400" && !OWN_SUCCESSES.has(status))).toEqual([]);
  });
});

describe("schemas", () => {
  it("have the names of the reference", () => {
    const names = new Set([...ours.schemas.keys()].map(base));
    const missing = [...reference.schemas.keys()]
      .map(base)
      .map(plain)
      .filter((name) => !names.has(name) && !(name in UNNAMED) && !OF_OPENAI.includes(name));
    expect([...new Set(missing)]).toEqual([]);
  });

  it.each([...reference.schemas.keys()].filter((name) => find(name) !== undefined))(
    "%s has its fields",
    (name) => {
      const fields = find(name);
      const theirs = reference.schemas.get(name);
      if (fields === undefined || theirs === undefined) throw new Error(`no facts of ${name}`);
      const differing = [...theirs].filter(([field, { type }]) => {
        const known = `${plain(base(name))}.${field}` in FIELDS;
        return !known && plainType(type) !== plainType(fields.get(field)?.type ?? "missing");
      });
      expect(differing).toEqual([]);
      expect(wrongDemands(name, { fields, theirs })).toEqual([]);
    },
  );
});

/** Fields that a request must have here and not there, or that an answer may lack here and not there. */
function wrongDemands(
  name: string,
  { fields, theirs }: { fields: Map<string, Field>; theirs: Map<string, Field> },
): string[] {
  const isRequest = name.endsWith(" in") || REQUESTS.has(name);
  const [strict, free] = isRequest ? [fields, theirs] : [theirs, fields];
  return [...strict]
    .filter(([field, { required }]) => required && free.get(field)?.required !== true)
    .map(([field]) => field)
    .filter((field) => !(`${plain(base(name))}.${field}` in FIELDS));
}

/** Finds the fields of a schema in the same direction, or of the one for both. */
function find(name: string): Map<string, Field> | undefined {
  const own = plain(base(name));
  const direction = name.slice(base(name).length);
  return ours.schemas.get(own + direction) ?? ours.schemas.get(own) ?? ours.schemas.get(`${own} out`);
}

function base(name: string): string {
  return name.replace(/ (in|out)$/, "");
}

/** An object that is described fits one that is left open. */
function openType(type = "missing"): string {
  return type.startsWith("map<") ? "object" : type;
}

function plain(name: string): string {
  return PLAIN_NAMES[name] ?? name;
}

function plainType(type: string): string {
  return type.replace(/\w+/g, plain);
}

it("is a valid document of OpenAPI 3.1", async () => {
  const { Validator } = await import("@seriousme/openapi-schema-validator");
  const validator = new Validator();
  expect(await validator.validate({ ...document })).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});
