// Conversations in Postgres, where any number of servers may share them. Needs `npm install pg`.
// Run it with:  npm run example examples/31-postgres.ts
// DATABASE_URL names the database, such as postgres://user@localhost/database. The password may be in it, in PGPASSWORD
// or in ~/.pgpass. The tables are made at the start.
import { createServer, type ServerOptions } from "agent-server";
import { postgresStore } from "agent-server/postgres";

export function buildServer(
  connectionString: string,
  { schema = "agents", ...options }: ServerOptions & { schema?: string } = {},
) {
  const store = postgresStore({ connectionString, schema });
  return { store, server: createServer({ ...options, store }) };
}

if (process.argv[1] === import.meta.filename) {
  const { store, server } = buildServer(process.env.DATABASE_URL ?? "postgres://localhost/agents", {
    keyless: "loopback",
  });
  // Without this, a database that cannot be reached would show at the first request.
  await store.open();
  const { url } = await server.listen(Number(process.env.PORT ?? 8000));
  console.log(`${url}, kept in Postgres`);
}
