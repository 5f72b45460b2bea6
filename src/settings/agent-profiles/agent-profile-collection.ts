import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { isUuid, toDashed } from "../../wire/ids.ts";
import { type AgentProfile, agentProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { AgentProfileInfo } from "../../wire/settings/agent-profiles/answers.ts";
import { migrateAgentProfile } from "../../wire/settings/migrations/agent-profile.ts";
import { type Document, defineCollection } from "../documents/collection.ts";
import { byFileName } from "../profiles/profile-names.ts";

const PLACE = { kind: "agent-profile", label: "agent profile" } as const;

/** The agents that can be launched, by their canonical names. */
export const AGENT_PROFILES = defineCollection<AgentProfile>({
  ...PLACE,
  schema: agentProfile,
  migrate: migrateAgentProfile,
});

/** The same documents as far as they are listed and renamed, which is possible when the rest of one is invalid. */
export const SUMMARIES = defineCollection({ ...PLACE, schema: z.record(z.string(), z.unknown()) });

export type Summary = Document<Record<string, unknown>>;

/** Lists the documents that can be read, by the names of the reference's files. */
export function infosOf(summaries: readonly Summary[]): AgentProfileInfo[] {
  return [...summaries].sort(byFileName).flatMap(({ name, value }) => {
    if (!isObject(value)) return [];
    const { agent_kind: kind = "openhands", revision, mcp_server_refs: servers } = value;
    const agent_kind = String(kind);
    return [
      {
        id: idOf(value),
        name,
        agent_kind,
        revision: Number.isInteger(revision) ? Number(revision) : null,
        llm_profile_ref: agent_kind === "openhands" ? textOf(value.llm_profile_ref) : null,
        mcp_server_refs: Array.isArray(servers) ? servers.map(String) : null,
      },
    ];
  });
}

function idOf({ id }: Record<string, unknown>): string | null {
  return typeof id === "string" && isUuid(id) ? toDashed(id) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
