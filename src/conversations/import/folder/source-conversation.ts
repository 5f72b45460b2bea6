import { z } from "zod";
import { toUtcTimestamp } from "../../../events/timestamp.ts";
import { isObject } from "../../../is-object.ts";
import { once } from "../../../once.ts";
import type { Cipher } from "../../../secrets/cipher.ts";
import { openSecrets, openSources } from "../../../secrets/secret-fields.ts";
import { agent as agentSchema } from "../../../wire/agent/agent.ts";
import { withReadableFallbacks } from "../../../wire/agent/llm-config.ts";
import { serversIn } from "../../../wire/agent/mcp-server.ts";
import { launchedAgentProfile } from "../../../wire/conversation.ts";
import { startConversationRequest } from "../../../wire/conversation-request.ts";
import { executionStatus } from "../../../wire/execution-status.ts";
import { isUuid, toDashed } from "../../../wire/ids.ts";
import { conversationStats } from "../../../wire/metrics.ts";
import type { SecretSources } from "../../../wire/secret-source.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { LAYOUT } from "../../export/layout.ts";
import { toConfig } from "../../record/conversation-config.ts";
import type { StateDocument, StoredConversation } from "../../record/conversation-documents.ts";
import { DOCUMENT_SHAPES } from "../../record/document-shapes.ts";
import type { ReadDocuments } from "../../record/document-writer.ts";
import { toStateDocument } from "../../record/state-fields.ts";
import { judgeRequest } from "../../unserved.ts";
import { forgottenNote, sortLost } from "./lost-secrets.ts";
import { FaultyFile, readObject } from "./source-files.ts";

/** A conversation as the two documents of its folder tell it, with its secrets in clear. */
export interface SourceConversation {
  header: {
    createdAt: string;
    updatedAt: string;
    title: string | null;
    parentId: string | null;
    status: z.output<typeof executionStatus>;
  };
  documents: StoredConversation;
  /** The documents as they were read, for the secrets that no key opens. */
  read: ReadDocuments;
  /** Places of the secrets that no key opens, the key of the model among them. */
  lost: string[];
  /** HEAD as it was saved; undefined when nothing says where it is, null before the first event. */
  leafEventId: string | null | undefined;
  /** Sentences about what the conversation asks for and this server does not do. */
  notes: string[];
}

/** The request is checked without its rule that it must name an agent: that is in the other document. */
const metaSchema = once(() =>
  z.object({
    ...startConversationRequest.shape,
    title: z.string().nullable().default(null),
    forked_from_conversation_id: z.string().nullable().default(null),
    forked_from_event_id: z.string().nullable().default(null),
    launched_agent_profile: launchedAgentProfile.nullable().catch(null).default(null),
  }),
);

/** Fields that are kept elsewhere, or that only the start has needed. */
const NOT_FROM_META = {
  agent: null,
  agent_settings: null,
  agent_profile_id: null,
  agent_launch_additions: null,
  conversation_id: null,
  conversation_runtime: null,
  initial_message: null,
  secrets: {},
};

/** Reads the documents of a conversation's folder. @throws FaultyFile */
export async function readConversation(
  files: WorkspaceFiles,
  folder: string,
  cipher: Cipher | undefined,
): Promise<SourceConversation> {
  const metaFile = `${folder}/${LAYOUT.meta}`;
  const stateFile = `${folder}/${LAYOUT.baseState}`;
  const meta = await readObject(files, metaFile);
  const base = await readObject(files, stateFile);
  const request = parsed(metaSchema(), { ...meta, ...NOT_FROM_META }, metaFile);
  const storedAgent = ofTodaysForm(base.agent);
  const agent = openSecrets(storedAgent, cipher);
  const sources = sourcesOf(meta, base, stateFile);
  const secrets = openSources(sources, cipher);
  const stored = withBoundLogins(stateOf(base, request, stateFile), meta);
  const state = openSecrets(stored, cipher);
  const documents: StoredConversation = {
    config: {
      ...toConfig(request),
      forked_from_conversation_id: dashed(request.forked_from_conversation_id),
      forked_from_event_id: request.forked_from_event_id,
      launched_agent_profile: request.launched_agent_profile,
    },
    agent: parsed(agentSchema, agent.value, stateFile, "agent"),
    secrets: secrets.value,
    state: state.value,
    stats: parsed(conversationStats.catch({ usage_to_metrics: {} }), base.stats ?? {}, stateFile),
  };
  const read: ReadDocuments = {
    agent: { stored: storedAgent, lost: agent.lost },
    secrets: { stored: sources, lost: secrets.lost },
    state: { stored, lost: state.lost },
  };
  const { lost, forgotten } = sortLost(read);
  return {
    header: {
      createdAt: time(meta.created_at, metaFile, "created_at"),
      updatedAt: time(meta.updated_at ?? meta.created_at, metaFile, "updated_at"),
      title: request.title,
      parentId: request.parent_conversation_id,
      status: parsed(executionStatus, base.execution_status ?? "idle", stateFile, "execution_status"),
    },
    documents,
    read,
    lost,
    leafEventId: leafOf(base),
    notes: [...notesOn({ request, documents }), ...forgottenNote(forgotten)],
  };
}

/** Before secrets are opened, so that those that no key opens keep their places. */
function ofTodaysForm(agent: unknown): unknown {
  if (!isObject(agent) || agent.mcp_config === undefined) return withReadableFallbacks(agent);
  return withReadableFallbacks({ ...agent, mcp_config: serversIn(agent.mcp_config) });
}

/** The secrets of the start win over those that were added later, as they do when the reference opens it. */
function sourcesOf(
  meta: Record<string, unknown>,
  base: Record<string, unknown>,
  stateFile: string,
): SecretSources {
  const registry = isObject(base.secret_registry) ? base.secret_registry.secret_sources : undefined;
  const sources = { ...(isObject(registry) && registry), ...(isObject(meta.secrets) && meta.secrets) };
  return parsed(DOCUMENT_SHAPES.secrets, sources, stateFile, "secret_registry") as SecretSources;
}

/**
 * The state of the run. The policy and the analyzer are those of the run: the reference forgets a change of them when
 * it opens the conversation again, which takes a guard away that its user has set.
 */
function stateOf(
  base: Record<string, unknown>,
  request: Pick<StateDocument, "confirmation_policy" | "security_analyzer" | "tags">,
  stateFile: string,
): StateDocument {
  const { confirmation_policy, security_analyzer, tags } = request;
  const asked = {
    confirmation_policy,
    tags,
    ...(base.confirmation_policy === undefined && { security_analyzer }),
  };
  const state = toStateDocument({ ...asked, ...base } as unknown as Parameters<typeof toStateDocument>[0]);
  return parsed(DOCUMENT_SHAPES.state, state, stateFile) as StateDocument;
}

/** The logins that a client has bound to it: it is not opened here, either, until they are bound again. */
function withBoundLogins(
  state: StateDocument,
  { required_runtime_credential_bindings: names }: Record<string, unknown>,
): StateDocument {
  if (!Array.isArray(names) || names.length === 0) return state;
  return { ...state, agent_state: { ...state.agent_state, acp_bound_logins: names } };
}

function leafOf({ head_is_empty: isEmpty, leaf_event_id: leaf }: Record<string, unknown>) {
  if (isEmpty === true) return null;
  return typeof leaf === "string" ? leaf : undefined;
}

function notesOn({
  request,
  documents,
}: {
  request: z.output<ReturnType<typeof metaSchema>>;
  documents: StoredConversation;
}): string[] {
  const { security_analyzer = null } = documents.state;
  const asked = { request: { ...request, security_analyzer }, agent: documents.agent, hasContainers: true };
  try {
    return judgeRequest(asked);
  } catch (error) {
    return [String((error as Error).message)];
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string, at?: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const places = error.issues.map(({ path }) => [...(at === undefined ? [] : [at]), ...path].join("."));
  const named = [...new Set(places.filter((place) => place !== ""))].slice(0, 5).join(", ");
  throw new FaultyFile(file, named === "" ? "is not of a known form" : `is not of a known form at ${named}`);
}

function time(value: unknown, file: string, field: string): string {
  const text = typeof value === "string" ? toUtcTimestamp(value) : undefined;
  if (text === undefined) throw new FaultyFile(file, `has no time at ${field}`);
  return text;
}

function dashed(id: string | null): string | null {
  return id !== null && isUuid(id) ? toDashed(id) : id;
}
