import type { StoreArguments } from "../store/command-store.ts";
import type { CommandName, Values } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

/** Where what is stored is. */
export interface DataArguments {
  /** Folder of the conversations. Default: the configured one. */
  data: string | undefined;
  /** null: the database file in that folder. */
  store: StoreArguments | null;
}

/**
 * Reads the options of a store; null without one. Nothing of the URL is repeated, because it may have a password.
 *
 * @throws UsageError for a URL that is not one of Postgres, and for a schema without a store
 */
export function parseStore(values: Values, command: CommandName): StoreArguments | null {
  const { store: url, "store-schema": schema } = values;
  if (url === undefined && schema !== undefined)
    throw new UsageError("--store-schema needs --store", command);
  if (url === undefined) return null;
  if (/^postgres(ql)?:\/\//.test(url)) return { url, schema };
  throw new UsageError("--store: expected a URL such as postgres://user@host:5432/database", command);
}

/** As `parseStore`, with the folder of the conversations. */
export function parseData(values: Values, command: CommandName): DataArguments {
  return { data: values.data, store: parseStore(values, command) };
}
