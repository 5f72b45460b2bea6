import {
  type CallerLimits,
  isCost,
  LIMIT_NAMES,
  type LimitName,
  WIRE_NAMES,
} from "../../limits/caller-limits.ts";
import type { CommandName, Values } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

const NAMES: ReadonlyMap<string, LimitName> = new Map(LIMIT_NAMES.map((name) => [WIRE_NAMES[name], name]));

/**
 * Reads `--limit NAME=NUMBER`; null without any.
 *
 * @throws UsageError that names the names, and what their numbers may be
 */
export function parseLimits({ limit: all = [] }: Values, command: CommandName): CallerLimits | null {
  if (all.length === 0) return null;
  return Object.fromEntries(
    all.map((text) => {
      const [, word = "", number = ""] = /^([a-z_]+)=(\d{1,12}(?:\.\d{1,6})?)$/.exec(text) ?? [];
      const name = NAMES.get(word);
      const value = Number(number);
      if (name === undefined || value <= 0 || !(isCost(name) || Number.isInteger(value)))
        throw wrong(text, command);
      return [name, value];
    }),
  );
}

function wrong(text: string, command: CommandName): UsageError {
  const names = [...NAMES.keys()].join(", ");
  const given = JSON.stringify(text);
  return new UsageError(
    `--limit: expected NAME=NUMBER with a number above 0 and one of ${names}; got ${given}`,
    command,
  );
}
