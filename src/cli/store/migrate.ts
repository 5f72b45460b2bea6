import type { SchemaState } from "../../stores/postgres.ts";
import type { StoreArguments } from "./command-store.ts";

export interface MigrateArguments {
  store: StoreArguments;
  /** Only says what would be done. */
  dryRun: boolean;
}

/** Brings the schema of a store in Postgres to the version of this program, and says how. */
export async function migrate({ store: { url, schema }, dryRun }: MigrateArguments): Promise<void> {
  const { migratePostgres } = await import("../../stores/postgres.ts");
  const place = { connectionString: url, ...(schema !== undefined && { schema }) };
  process.stdout.write(report(await migratePostgres(place, { dryRun: true })));
  if (dryRun) return;
  const { pending } = await migratePostgres(place);
  process.stdout.write(pending.length === 0 ? "nothing to do\n" : `${pending.length} made\n`);
}

function report({ applied, pending }: SchemaState): string {
  const lines = [
    ...applied.map(({ version, name }) => `${version}  ${name}: is there`),
    ...pending.map(({ version, name }) => `${version}  ${name}: is missing`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
