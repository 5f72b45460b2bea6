import type { CallerLimits } from "../../limits/caller-limits.ts";
import type { Scope } from "../../principal.ts";
import type { Values } from "./command-table.ts";
import { parseLimits } from "./parse-limits.ts";
import { type DataArguments, parseData } from "./parse-store.ts";
import { UsageError } from "./usage-error.ts";

/** Work on the access keys of a store. */
export type KeysArguments = DataArguments & { json: boolean } & (
    | {
        verb: "create";
        keyName: string;
        scope: Scope;
        owner: string | null;
        tags: Record<string, string> | null;
        /** null: those of the server for every principal. */
        limits: CallerLimits | null;
        /** Milliseconds from now; null: it does not expire. */
        lifetime: number | null;
      }
    | { verb: "list" }
    | { verb: "revoke" | "rotate"; id: string }
  );

const SCOPES: readonly string[] = ["read", "write", "admin"];
const UNITS = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
const LIFETIME = /^(\d{1,4})([hdw])$/;

/**
 * Reads the operands and options of `keys`.
 *
 * @throws UsageError that names the fault and what was expected
 */
export function parseKeys([verb, ...rest]: string[], values: Values): KeysArguments {
  const shared = { ...parseData(values, "keys"), json: values.json ?? false };
  const [operand, ...more] = rest;
  switch (verb) {
    case "create":
      if (operand === undefined || more.length > 0) throw wrong("create NAME: expected one name for the key");
      return { verb, keyName: operand, ...newKeyOf(values), ...shared };
    case "list":
      if (operand !== undefined) throw wrong("list: expected nothing but options");
      return { verb, ...shared };
    case "revoke":
    case "rotate":
      if (operand === undefined || more.length > 0) throw wrong(`${verb} ID: expected the id of one key`);
      return { verb, id: operand, ...shared };
    default:
      throw wrong("expected create NAME, list, revoke ID or rotate ID");
  }
}

function newKeyOf(values: Values) {
  const { scope, owner, tag = [], expires } = values;
  if (scope === undefined || !SCOPES.includes(scope)) throw wrong("--scope: expected read, write or admin");
  if (scope === "admin" && (owner !== undefined || tag.length > 0)) {
    throw wrong("--owner and --tag: an admin reaches every conversation");
  }
  return {
    scope: scope as Scope,
    owner: owner ?? null,
    tags: tagsOf(tag),
    limits: parseLimits(values, "keys"),
    lifetime: lifetimeOf(expires),
  };
}

function tagsOf(tags: readonly string[]): Record<string, string> | null {
  if (tags.length === 0) return null;
  return Object.fromEntries(
    tags.map((tag) => {
      const [, name, value] = /^([a-z0-9]+)=(.*)$/s.exec(tag) ?? [];
      if (name === undefined || value === undefined) {
        throw wrong(
          `--tag: expected name=value with a name of small letters and digits, got ${JSON.stringify(tag)}`,
        );
      }
      return [name, value];
    }),
  );
}

function lifetimeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, count, unit] = LIFETIME.exec(text) ?? [];
  if (count === undefined || unit === undefined || Number(count) === 0) {
    throw wrong(`--expires: expected a time such as 12h, 30d or 8w, got ${JSON.stringify(text)}`);
  }
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

function wrong(reason: string): UsageError {
  return new UsageError(`keys: ${reason}`, "keys");
}
