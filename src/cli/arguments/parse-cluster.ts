import type { ClusterSettings } from "../../configuration/cluster-settings.ts";
import type { Values } from "./command-table.ts";
import { SERVE_OPTIONS } from "./serve-options.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reads the flags of a server among others. Whether they make it one is known together with the settings.
 *
 * @throws UsageError for a value that is none
 */
export function parseCluster(values: Values): ClusterSettings {
  const { cluster = false, address, placement, machine, "cut-runs": cutRuns } = values;
  return {
    isWanted: cluster || address !== undefined,
    ...(address !== undefined && { address }),
    ...(placement !== undefined && { placement: choiceOf("placement", placement) }),
    ...(machine !== undefined && { machine }),
    ...(cutRuns !== undefined && { cutRuns: choiceOf("cut-runs", cutRuns) }),
  };
}

type Chosen<Name extends "placement" | "cut-runs"> = (typeof SERVE_OPTIONS)[Name]["choices"][number];

function choiceOf<Name extends "placement" | "cut-runs">(name: Name, value: string): Chosen<Name> {
  const choices: readonly string[] = SERVE_OPTIONS[name].choices;
  if (choices.includes(value)) return value as Chosen<Name>;
  throw new UsageError(`--${name}: expected ${choices.join(" or ")}, got ${JSON.stringify(value)}`, "serve");
}
