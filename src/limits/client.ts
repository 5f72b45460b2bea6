import { isObject } from "../is-object.ts";
import { nodeCrypto } from "../secrets/node-crypto.ts";
import { type CallerLimits, LIMIT_NAMES, type Limits } from "./caller-limits.ts";

/** One that the server works for. */
export interface Client {
  /** Id of the principal; null for one without a name. */
  readonly principalId: string | null;
  /** The access key that it has shown. Left out for other credentials. */
  readonly key?: ClientKey | undefined;
}

/** An access key with its own limits. */
export interface ClientKey {
  readonly id: string;
  readonly limits: CallerLimits;
}

/** Something that uses are counted for, and the limits of that. */
export interface Account {
  /** Unique among accounts. */
  readonly name: string;
  /** The same for people. */
  readonly label: string;
  readonly limits: CallerLimits;
}

/** Characters of a principal's id that a refusal repeats. */
const MAX_LABEL = 64;
/** Characters of a name that is kept as it is. Hosts choose ids of any length. */
const MAX_NAME = 128;

/**
 * The accounts of a client: that of its principal, and that of a key which acts in the name of another principal. A key
 * without an owner is a principal, whose limits take the place of those that the server has for all.
 */
export function accountsOf({ principalId, key }: Client, limits: Limits | undefined): Account[] {
  if (principalId === null) {
    if (limits?.sessionKeys !== true) return [];
    return [{ name: "session keys", label: "session keys", limits }];
  }
  const name = bounded(`principal ${principalId}`);
  if (key !== undefined && principalId === `key:${key.id}`) {
    return [{ name, label: `key ${key.id}`, limits: { ...limits, ...key.limits } }];
  }
  const accounts: Account[] = limits === undefined ? [] : [{ name, label: labelOf(principalId), limits }];
  if (key !== undefined && hasAny(key.limits)) {
    accounts.push({ name: `key ${key.id}`, label: `key ${key.id}`, limits: key.limits });
  }
  return accounts;
}

/** Whether any limit is set. */
export function hasAny(limits: CallerLimits): boolean {
  return LIMIT_NAMES.some((name) => limits[name] !== undefined);
}

/** Reads a client as it is kept or sent by another server; undefined for anything else. */
export function toClient(value: unknown): Client | undefined {
  if (!isObject(value)) return undefined;
  const { principalId, key } = value;
  if (principalId !== null && typeof principalId !== "string") return undefined;
  if (key === undefined) return { principalId };
  if (!isObject(key) || typeof key.id !== "string" || !isObject(key.limits)) return undefined;
  const kept = key.limits;
  const limits = Object.fromEntries(
    LIMIT_NAMES.flatMap((name) => (typeof kept[name] === "number" ? [[name, kept[name]]] : [])),
  );
  return { principalId, key: { id: key.id, limits } };
}

function bounded(name: string): string {
  return name.length > MAX_NAME ? digestOf(name) : name;
}

/** A short name for a text of any length and any characters. */
export function digestOf(text: string): string {
  // Texts that differ in halves of surrogate pairs alone are the same in UTF-8.
  return nodeCrypto().createHash("sha256").update(Buffer.from(text, "utf16le")).digest("hex");
}

/** The id as logs and terminals may show it. */
function labelOf(principalId: string): string {
  const plain = principalId.toWellFormed().replace(/\p{C}/gu, "?");
  return `principal '${plain.length > MAX_LABEL ? `${plain.slice(0, MAX_LABEL)}…` : plain}'`;
}
