import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { defineCollection } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";

/** The part of an agent profile that says which secrets it may use. Its own room keeps and writes the rest. */
const SECRET_REFERENCES = defineCollection({
  kind: "agent-profile",
  label: "agent profile",
  schema: z.looseObject({ id: z.string(), secret_refs: z.array(z.string()).nullable().default(null) }),
});

/**
 * Names of the secrets that an agent profile may use; null for all.
 *
 * @throws AgentServerError `not_found` for an unknown profile.
 */
export async function secretRefs(documents: Documents, agentProfileId: string): Promise<string[] | null> {
  const profiles = await documents.list(SECRET_REFERENCES);
  const profile = profiles.find(({ value }) => value?.id === agentProfileId);
  if (profile?.value == null) throw new AgentServerError("not_found", "Agent profile not found");
  return profile.value.secret_refs;
}
