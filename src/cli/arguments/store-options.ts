import type { OptionSpecs } from "./option-spec.ts";

/** Options of a store in Postgres. */
export const STORE_OPTIONS = {
  store: {
    section: "Store",
    value: "URL",
    about:
      "keep everything in Postgres: postgres://user@host:5432/database. Other programs of this machine can see arguments: give the password in PGPASSWORD, or in ~/.pgpass",
    brief: "keep everything in Postgres",
  },
  "store-schema": {
    section: "Store",
    value: "NAME",
    about: "schema of the tables there; default: agent_server",
  },
} as const satisfies OptionSpecs;
