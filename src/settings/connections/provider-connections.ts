import type { z } from "zod";
import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import { toHex } from "../../wire/ids.ts";
import type {
  connectionCreateRequest,
  connectionResponse,
  connectionUpdateRequest,
} from "../../wire/settings/provider-connections.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";
import { CONNECTIONS, readableConnection, type StoredConnection } from "./connection-collection.ts";
import { referencesTo } from "./connection-references.ts";

type Shown = z.output<ReturnType<typeof connectionResponse>>;
type NewConnection = z.output<ReturnType<typeof connectionCreateRequest>>;
type ConnectionUpdate = z.output<ReturnType<typeof connectionUpdateRequest>>;

const MAX_CONNECTIONS = 64;

/** Keys and addresses of providers that LLM profiles share. No answer shows a key. */
export class ProviderConnections {
  readonly #documents: Documents;
  readonly #clock: Clock;

  constructor(documents: Documents, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /**
   * Lists the connections in the order of their making, without those that are damaged.
   *
   * @throws AgentServerError `bad_request` when the key of one cannot be read.
   */
  async list(): Promise<Shown[]> {
    const all = await this.#documents.list(CONNECTIONS);
    const sound = all.filter(({ damage }) => damage === null);
    const connections = sound.map((document) => ({ id: document.name, value: readableConnection(document) }));
    connections.sort((left, right) => left.value.place - right.value.place);
    return connections.map(({ id, value }) => shown(id, value));
  }

  /** The connection; null for an unknown one. Throws as `list`. */
  async find(id: string): Promise<StoredConnection | null> {
    const document = await this.#documents.read(CONNECTIONS, id);
    return document === null ? null : readableConnection(document);
  }

  /** @throws AgentServerError `conflict` when there are 64. */
  create(request: NewConnection): Promise<Shown> {
    const id = toHex(this.#clock.newId());
    const now = this.#seconds();
    return this.#documents.edit(async (edit) => {
      const all = await edit.list(CONNECTIONS);
      for (const document of all) if (document.damage === null) readableConnection(document);
      if (all.length >= MAX_CONNECTIONS) throw limitReached();
      const place = Math.max(0, ...all.map(({ value }) => value?.place ?? 0)) + 1;
      const connection = { place, ...request, created_at: now, updated_at: now };
      await edit.put(CONNECTIONS, id, connection);
      return shown(id, connection);
    });
  }

  /**
   * Changes what is given.
   *
   * @throws AgentServerError `not_found`, or `unprocessable` without a field and for a key that is to be cleared.
   */
  async update(id: string, update: ConnectionUpdate): Promise<Shown> {
    if (Object.values(update).every((field) => field === undefined)) {
      const detail = "Provide at least one provider connection field to update";
      throw new AgentServerError("unprocessable", detail);
    }
    return this.#documents.edit(async (edit) => {
      const before = await required(edit, id);
      const detail = "api_key cannot be cleared; provide a new key to rotate it";
      if (update.api_key === null) throw new AgentServerError("unprocessable", detail);
      const given = Object.fromEntries(Object.entries(update).filter(([, field]) => field !== undefined));
      const after = { ...before, ...given, updated_at: this.#seconds() };
      await edit.put(CONNECTIONS, id, after);
      return shown(id, after);
    });
  }

  /** @throws AgentServerError `not_found`, or `conflict` while an LLM profile or the settings refer to it. */
  remove(id: string): Promise<Shown> {
    return this.#documents.edit(async (edit) => {
      const connection = await required(edit, id);
      await assertUnused(edit, id);
      await edit.remove(CONNECTIONS, id);
      return { ...shown(id, connection), api_key_set: false };
    });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}

async function required(edit: Edit, id: string): Promise<StoredConnection> {
  const document = await edit.read(CONNECTIONS, id);
  if (document === null) throw new AgentServerError("not_found", `Provider connection '${id}' not found`);
  return readableConnection(document);
}

async function assertUnused(edit: Edit, id: string): Promise<void> {
  const { profiles, settings } = await referencesTo(edit, id);
  const reasons = [
    ...(profiles.length > 0 ? [`referenced by LLM profile(s): ${profiles.join(", ")}`] : []),
    ...(settings ? ["referenced by the active agent settings"] : []),
  ];
  if (reasons.length === 0) return;
  throw new AgentServerError(
    "conflict",
    `Provider connection cannot be deleted while it is ${reasons.join(" and ")}. ` +
      "Update those references before deleting it.",
  );
}

function shown(id: string, connection: StoredConnection): Shown {
  const { display_name, provider, base_url, created_at, updated_at, api_key } = connection;
  const api_key_set = api_key !== null && api_key.trim() !== "";
  return { id, display_name, provider, base_url, created_at, updated_at, api_key_set };
}

function limitReached(): AgentServerError {
  const detail = `Provider connection limit reached (${MAX_CONNECTIONS}). Delete one before adding another.`;
  return new AgentServerError("conflict", detail);
}
