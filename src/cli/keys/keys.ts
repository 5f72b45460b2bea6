import { systemClock } from "../../clock.ts";
import { type CallerLimits, LIMIT_NAMES, WIRE_NAMES } from "../../limits/caller-limits.ts";
import { silentLogger } from "../../logger.ts";
import { AccessKeys, type NewKey } from "../../settings/access-keys/access-keys.ts";
import { Documents } from "../../settings/documents/documents.ts";
import type { AccessKey, AccessKeyLimits } from "../../wire/access/access-keys.ts";
import type { KeysArguments } from "../arguments/parse-keys.ts";
import { readConfiguration } from "../read-configuration.ts";
import { openOrCreate } from "../store/command-store.ts";

/** Makes, lists or ends the access keys of a store. A new key is printed, and shown nowhere again. */
export async function keys(command: KeysArguments): Promise<void> {
  const { options } = await readConfiguration();
  const home = command.data ?? options.conversationsPath ?? "workspace/conversations";
  const store = await openOrCreate({ home, store: command.store });
  try {
    // Keys have no secrets to be sealed: only their digests are kept.
    const documents = new Documents({ store: store.documents, cipher: undefined, logger: silentLogger });
    process.stdout.write(await outcomeOf(command, new AccessKeys({ documents, clock: systemClock })));
  } finally {
    await store.close();
  }
}

async function outcomeOf(command: KeysArguments, kept: AccessKeys): Promise<string> {
  const { json } = command;
  switch (command.verb) {
    case "create": {
      const { keyName: name, scope, owner, tags, lifetime } = command;
      const limits = command.limits && wireLimits(command.limits);
      const expires_at = lifetime === null ? null : new Date(systemClock.now() + lifetime).toISOString();
      return shownNew(await kept.create({ name, scope, owner, tags, limits, expires_at }), json);
    }
    case "rotate":
      return shownNew(await kept.rotate(command.id), json);
    case "revoke":
      return json
        ? `${JSON.stringify(await kept.revoke(command.id))}\n`
        : `${(await kept.revoke(command.id)).id} is revoked\n`;
    case "list":
      return json ? `${JSON.stringify(await kept.list())}\n` : table(await kept.list());
  }
}

function wireLimits(limits: CallerLimits): AccessKeyLimits {
  const all = LIMIT_NAMES.map((name) => [WIRE_NAMES[name], limits[name] ?? null]);
  return Object.fromEntries(all) as AccessKeyLimits;
}

/** The key stands alone on its line of the standard output, so that scripts can take it. */
function shownNew({ key, record }: NewKey, json: boolean): string {
  if (json) return `${JSON.stringify({ ...record, key })}\n`;
  process.stderr.write(`${record.id} (${record.scope}): keep this key, it is not shown again\n`);
  return `${key}\n`;
}

const COLUMNS = ["ID", "SCOPE", "NAME", "REACHES", "LIMITS", "STATE", "LAST USED"] as const;

function table(all: readonly AccessKey[]): string {
  const rows = [COLUMNS, ...all.map(rowOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function rowOf(key: AccessKey): string[] {
  const { id, scope, name, last_used_at: last } = key;
  return [id, scope, plain(name), plain(reachOf(key)), limitsOf(key), stateOf(key), last ?? "never"];
}

function reachOf({ owner, tags }: AccessKey): string {
  const parts = [
    ...(owner === null ? [] : [`of ${owner}`]),
    ...Object.entries(tags ?? {}).map(([name, value]) => `${name}=${value}`),
  ];
  return parts.join(", ") || "all";
}

function limitsOf({ limits }: AccessKey): string {
  const set = Object.entries(limits ?? {}).filter(([, limit]) => limit !== null);
  return set.map(([name, limit]) => `${name}=${limit}`).join(", ") || "none";
}

function stateOf({ revoked_at, expires_at }: AccessKey): string {
  if (revoked_at !== null) return `revoked ${revoked_at}`;
  if (expires_at === null) return "in force";
  return `${Date.parse(expires_at) > systemClock.now() ? "until" : "expired"} ${expires_at}`;
}

/** Leaves out what a terminal would obey. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
