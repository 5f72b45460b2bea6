/**
 * For `--import` before a node that runs from the sources: makes it a later version, whose schema has one more
 * migration.
 */
import { registerHooks } from "node:module";

const MIGRATION = `
MIGRATIONS.push({
  version: MIGRATIONS.length + 1,
  name: "something later",
  sql: "ALTER TABLE $schema.conversations ADD COLUMN later text; CREATE TABLE $schema.later (id bigint PRIMARY KEY)",
});`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/stores/postgres/schema/migrations.ts")) return loaded;
    return { ...loaded, source: `${String(loaded.source)}${MIGRATION}` };
  },
});
