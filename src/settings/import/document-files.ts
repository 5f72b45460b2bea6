import { messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { AGENT_PROFILES } from "../agent-profiles/agent-profile-collection.ts";
import { CONNECTIONS } from "../connections/connection-collection.ts";
import type { Collection } from "../documents/collection.ts";
import { LLM_PROFILES } from "../llm-profiles/profile-collection.ts";
import { META_PROFILES } from "../meta-profiles/meta-profiles.ts";
import { SECRETS } from "../secrets/custom-secrets.ts";
import { SETTINGS, SETTINGS_NAME } from "../server-settings/settings-collection.ts";
import { SUBSCRIPTIONS } from "../subscription/chatgpt-subscription.ts";

/** The outcome for one document. */
export interface DocumentImport {
  /** The kind and the name, such as `LLM profile fast`. */
  title: string;
  /** Absolute path of the file. */
  file: string;
  /** `present`: one of that name was here before and is left alone. */
  outcome: "imported" | "present" | "refused";
  /** Why it is refused, without any text of the file. */
  reason: string | null;
  /** Number of its secrets that no key opens. Their tokens are kept. */
  lost: number;
}

/** A document as it is kept here, made of what a file of the reference holds. */
export interface FoundDocument {
  collection: Collection<unknown>;
  name: string;
  json: unknown;
}

/** A file of the reference's data folder that holds documents. */
export interface DocumentFile {
  /** Absolute path. */
  path: string;
  /** Why a folder of such files cannot be looked at. Then there are no documents. */
  fault?: string;
  /** Lists the documents in a file's content, which is a JSON object. Undefined for content of another form. */
  documentsIn(content: Record<string, unknown>): FoundDocument[] | undefined;
}

/** Files of one document each, in a folder, by its name. */
const FOLDERS: readonly { folder: string; collection: Collection<unknown> }[] = [
  { folder: "profiles", collection: LLM_PROFILES },
  { folder: "agent-profiles", collection: AGENT_PROFILES },
  { folder: "meta-profiles", collection: META_PROFILES },
];

const FILES: readonly { path: string; documentsIn: DocumentFile["documentsIn"] }[] = [
  { path: "secrets.json", documentsIn: secretsIn },
  { path: "provider-connections/provider_connections.json", documentsIn: connectionsIn },
  { path: "auth/openai_oauth.json", documentsIn: loginIn },
  { path: "settings.json", documentsIn: (json) => [{ collection: SETTINGS, name: SETTINGS_NAME, json }] },
];

/** Names of one folder that are looked at. Documents of one kind are fewer. */
const MAX_NAMES = 10_000;
const END = ".json";

/**
 * Lists the files of a data folder that exist: first what the others refer to. Other files and hidden ones are left
 * out.
 */
export async function documentFiles(files: WorkspaceFiles, folder: string): Promise<DocumentFile[]> {
  const found: DocumentFile[] = [];
  for (const { folder: name, collection } of FOLDERS) {
    const path = `${folder}/${name}`;
    if ((await files.stat(path)) === null) continue;
    const listed = await files.list(path, { limit: MAX_NAMES }).catch((error: unknown) => messageOf(error));
    if (typeof listed === "string") {
      found.push({ path, fault: listed, documentsIn: () => [] });
      continue;
    }
    const { entries } = listed;
    const names = entries
      .map((entry) => entry.name)
      .filter((file) => file.endsWith(END) && !file.startsWith("."));
    found.push(
      ...names.map((file) => ({
        path: `${path}/${file}`,
        documentsIn: (json: unknown) => [{ collection, name: file.slice(0, -END.length), json }],
      })),
    );
  }
  for (const { path, documentsIn } of FILES) {
    if ((await files.stat(`${folder}/${path}`)) !== null)
      found.push({ path: `${folder}/${path}`, documentsIn });
  }
  return found;
}

/** Each secret is a separate document here. */
function secretsIn({ custom_secrets: secrets }: Record<string, unknown>): FoundDocument[] | undefined {
  if (!isObject(secrets)) return undefined;
  return Object.entries(secrets).map(([name, secret], index) => ({
    collection: SECRETS,
    name,
    json: { place: index + 1, custom_secrets: Object.fromEntries([[name, secret]]) },
  }));
}

function connectionsIn({ connections }: Record<string, unknown>): FoundDocument[] | undefined {
  if (!Array.isArray(connections)) return undefined;
  return connections.map((connection: unknown, index) => {
    const { id, ...rest } = isObject(connection) ? connection : {};
    return { collection: CONNECTIONS, name: String(id), json: { place: index + 1, ...rest } };
  });
}

/** The tokens are secrets here. */
function loginIn({
  vendor,
  expires_at,
  access_token,
  refresh_token,
}: Record<string, unknown>): FoundDocument[] {
  const secret = (value: unknown) => ({ kind: "StaticSecret", value });
  const secrets = { access_token: secret(access_token), refresh_token: secret(refresh_token) };
  return [{ collection: SUBSCRIPTIONS, name: String(vendor), json: { vendor, expires_at, secrets } }];
}
