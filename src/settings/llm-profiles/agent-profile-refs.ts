import { z } from "zod";
import { defineCollection } from "../documents/collection.ts";
import type { Edit } from "../documents/edit.ts";
import { canonicalProfileName } from "../profiles/profile-names.ts";

/** The part of an agent profile that names its model. The room of agent profiles keeps and writes the rest. */
const MODEL_REFERENCES = defineCollection({
  kind: "agent-profile",
  label: "agent profile",
  schema: z.looseObject({
    name: z.string().optional(),
    llm_profile_ref: z.string().nullable().optional(),
  }),
});

interface Referrer {
  /** Of the document. */
  name: string;
  /** Of the agent profile, as clients know it. */
  shown: string;
}

/** Lists the agent profiles that name an LLM profile. */
export async function referrersOf(edit: Edit, llmProfile: string): Promise<Referrer[]> {
  const key = canonicalProfileName(llmProfile);
  return (await edit.list(MODEL_REFERENCES)).flatMap(({ name, value }) => {
    const reference = value?.llm_profile_ref;
    if (reference == null || canonicalProfileName(reference) !== key) return [];
    return [{ name, shown: value?.name ?? name }];
  });
}

/** Gives the agent profiles that name an LLM profile its new name. */
export async function renameReferences(edit: Edit, from: string, to: string): Promise<void> {
  for (const { name } of await referrersOf(edit, from)) {
    const profile = (await edit.read(MODEL_REFERENCES, name))?.value;
    if (profile == null) continue;
    await edit.put(MODEL_REFERENCES, name, { ...profile, llm_profile_ref: canonicalProfileName(to) });
  }
}
