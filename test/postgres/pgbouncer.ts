import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../bench/target.ts";

/** PgBouncer refuses to run as root: then it runs as nobody. */
const USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const START_WAIT = 30_000;

/** Statement by statement, or for as long as a client is connected. */
export type PoolMode = "transaction" | "session";

/** Where PgBouncer is installed; undefined where it is not, which is said loudly. */
export function pgbouncerPath(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  const path = folders.map((folder) => join(folder, "pgbouncer")).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    process.stderr.write("\n!!! The store behind PgBouncer is NOT tested: apt-get install pgbouncer\n\n");
  }
  return path;
}

export interface Pooler {
  /** The URL of the database through the pooler. */
  url: string;
  close(): Promise<void>;
}

export interface PoolerOptions {
  /** The URL of the database. */
  url: string;
  mode: PoolMode;
  /** Number of connections to the database. */
  size?: number;
}

/** Starts a pooler before a database. */
export async function openPooler({ url, mode, size = 20 }: PoolerOptions): Promise<Pooler> {
  const program = pgbouncerPath();
  if (program === undefined) throw new Error("there is no PgBouncer");
  const { hostname, port, username, password } = new URL(url);
  const folder = await mkdtemp(join(tmpdir(), "agent-server-pgbouncer-"));
  await chmod(folder, 0o711);
  const own = await freePort();
  const settings = [
    "[databases]",
    `* = host=${hostname} port=${port}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${own}`,
    "unix_socket_dir =",
    "auth_type = plain",
    `auth_file = ${join(folder, "users")}`,
    `pool_mode = ${mode}`,
    "max_client_conn = 500",
    `default_pool_size = ${size}`,
  ];
  await writeFile(join(folder, "settings.ini"), settings.join("\n"), { mode: 0o644 });
  await writeFile(join(folder, "users"), `"${username}" "${decodeURIComponent(password)}"\n`, {
    mode: 0o644,
  });
  const child = spawn(program, [join(folder, "settings.ini")], { ...USER, cwd: "/", stdio: "ignore" });
  const pooled = new URL(url);
  pooled.port = String(own);
  const close = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(pooled.href);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: pooled.href, close };
}

async function answering(connectionString: string): Promise<void> {
  for (const end = Date.now() + START_WAIT; ; await setTimeout(50)) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
