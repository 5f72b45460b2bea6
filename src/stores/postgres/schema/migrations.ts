import { CLAIM_FUNCTIONS } from "./claim-functions.ts";
import { COPY_FUNCTIONS } from "./copy-functions.ts";
import { SIDE_FUNCTIONS } from "./side-functions.ts";
import { TABLES } from "./tables.ts";
import { WRITE_FUNCTIONS } from "./write-functions.ts";

/** One step of the schema. */
export interface Migration {
  /** The number of the step, from 1. */
  version: number;
  /** The contents in a few words. */
  name: string;
  /** Statements, in which `$schema` stands for the quoted name of the schema and `$name` for the name alone. */
  sql: string;
}

/**
 * The steps of the schema, in order. They only add, so that servers of the version before go on working: a function
 * that changes is a further function, with the next number behind its name.
 */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "conversations, events, documents, messages, bash events, claims", sql: first() },
];

function first(): string {
  return [TABLES, WRITE_FUNCTIONS, COPY_FUNCTIONS, SIDE_FUNCTIONS, CLAIM_FUNCTIONS].join("\n");
}
