import type { ServerOptions } from "../../server/options.ts";
import type { StoreArguments } from "../store/command-store.ts";

/** The outcome of one look at the machine or the configuration. */
export interface Finding {
  /** Few words: what was looked at. */
  name: string;
  /** `fails`: no server can start like this. `warns`: it starts, and something is missing or open. */
  status: "ok" | "warns" | "fails";
  /** The finding itself. */
  found: string;
  /** A way to mend it. Absent where nothing is to be done. */
  cure?: string;
}

/** A machine and a configuration, as the checks see them. */
export interface Patient {
  options: ServerOptions;
  environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the folder of the database. */
  dataFolder: string;
  /** null: the database file in the data folder. */
  store: StoreArguments | null;
  host: string;
  port: number;
}

export type Check = (patient: Patient) => Promise<Finding> | Finding;

export function ok(name: string, found: string): Finding {
  return { name, status: "ok", found };
}

export function warns(name: string, found: string, cure: string): Finding {
  return { name, status: "warns", found, cure };
}

export function fails(name: string, found: string, cure: string): Finding {
  return { name, status: "fails", found, cure };
}
