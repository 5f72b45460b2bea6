import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { LOST_KEY_CURE } from "../../secrets/lost-key-cure.ts";
import { REDACTED } from "../../wire/secret-source.ts";
import { type Document, defineCollection } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { secretRefs } from "./secret-refs.ts";

/** A secret without its value. */
export interface SecretItem {
  name: string;
  description: string | null;
}

const NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;
/** Maximum length of a value in bytes of UTF-8. A longer one could not be looked up. */
const MAX_VALUE_BYTES = 64 * 1024;

const customSecret = z.object({
  name: z.string(),
  secret: z.string().nullable().default(null),
  description: z.string().nullable().default(null),
});

/** One secret each, in the form of the reference's file, so that its value is known for a secret. */
export const SECRETS = defineCollection({
  kind: "secret",
  label: "secret",
  schema: z.object({
    /** Grows with each secret that is new, so that lists keep the order of their making. */
    place: z.number().default(0),
    custom_secrets: z.record(z.string(), customSecret),
  }),
});

type StoredSecret = z.output<typeof SECRETS.schema>;

/** The secrets that users keep on the server, to be looked up by conversations. */
export class CustomSecrets {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /**
   * Lists the secrets in the order of their making, also those whose value no key opens. With the id of an agent
   * profile, only those that it may use.
   *
   * @throws AgentServerError `not_found` for an unknown profile.
   */
  async list(agentProfileId?: string): Promise<SecretItem[]> {
    const allowed = agentProfileId === undefined ? null : await secretRefs(this.#documents, agentProfileId);
    const all = await this.#documents.list(SECRETS);
    const shown = all.flatMap(({ name, value }) => {
      const isAllowed = allowed === null || allowed.includes(name);
      return value !== null && isAllowed ? [{ name, value }] : [];
    });
    shown.sort((left, right) => left.value.place - right.value.place);
    return shown.map(({ name, value }) => ({
      name,
      description: value.custom_secrets[name]?.description ?? null,
    }));
  }

  /**
   * The value; null for an unknown secret, an empty one and one that no key opens.
   *
   * @throws AgentServerError `unprocessable` for a name that is not accepted.
   */
  async value(name: string): Promise<string | null> {
    assertName(name);
    const found = await this.#documents.read(SECRETS, name);
    return found?.value?.custom_secrets[name]?.secret || null;
  }

  /**
   * Adds a secret, or replaces the one of that name.
   *
   * @throws AgentServerError `unprocessable` for a name or value that is not accepted, and `damaged` while a stored
   * secret cannot be read.
   */
  async set({ name, value, description }: SecretItem & { value: string }): Promise<SecretItem> {
    assertName(name);
    assertValue(value);
    await this.#documents.edit(async (edit) => {
      const all = await edit.list(SECRETS);
      assertReadable(all, name);
      const places = all.map((secret) => secret.value?.place ?? 0);
      const place = all.find((secret) => secret.name === name)?.value?.place ?? Math.max(0, ...places) + 1;
      await edit.put(SECRETS, name, {
        place,
        custom_secrets: { [name]: { name, secret: value, description } },
      });
    });
    return { name, description };
  }

  /**
   * Gives a secret another value, if it still has its former one. Resolves to whether it had.
   *
   * @throws AgentServerError as `set`
   */
  async renew(name: string, { former, value }: { former: string; value: string }): Promise<boolean> {
    assertName(name);
    assertValue(value);
    return this.#documents.edit(async (edit) => {
      const all = await edit.list(SECRETS);
      assertReadable(all, name);
      const kept = all.find((secret) => secret.name === name)?.value;
      const secret = kept?.custom_secrets[name];
      if (kept == null || secret?.secret !== former) return false;
      await edit.put(SECRETS, name, { ...kept, custom_secrets: { [name]: { ...secret, secret: value } } });
      return true;
    });
  }

  /**
   * Removes a secret. Returns false for an unknown one.
   *
   * @throws AgentServerError `unprocessable` for a name that is not accepted, and `damaged` while a stored secret cannot be read.
   */
  remove(name: string): Promise<boolean> {
    assertName(name);
    return this.#documents.edit((edit) => removeIn(edit, name));
  }
}

async function removeIn(edit: Edit, name: string): Promise<boolean> {
  const all = await edit.list(SECRETS);
  assertReadable(all, name);
  if (!all.some((secret) => secret.name === name)) return false;
  await edit.remove(SECRETS, name);
  return true;
}

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new AgentServerError(
    "unprocessable",
    "Invalid secret name format. Must start with a letter, contain only letters, numbers, and underscores, " +
      "and be 1-64 characters long.",
  );
}

function assertValue(value: string): void {
  if (value.trim() === "" || value === REDACTED)
    throw new AgentServerError("unprocessable", "Secret value must not be empty or redacted");
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new AgentServerError(
    "unprocessable",
    `Secret value must have at most ${MAX_VALUE_BYTES} bytes, not ${bytes}`,
  );
}

/** With the wrong key nothing is written at all, so that the right one finds everything as it was. */
function assertReadable(all: readonly Document<StoredSecret>[], name: string): void {
  const isUnreadable = (secret: Document<StoredSecret>) =>
    secret.damage === null ? secret.lost.length > 0 : secret.name === name;
  if (!all.some(isUnreadable)) return;
  throw new AgentServerError(
    "damaged",
    `Secrets file is corrupted or encrypted with a different key: ${LOST_KEY_CURE}`,
  );
}
