import { existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { absolutePath } from "../absolute-path.ts";
import { trajectory } from "../conversations/export/trajectory.ts";
import type { TrajectoryFile } from "../conversations/export/trajectory-file.ts";
import { AgentServerError } from "../errors.ts";
import type { Store } from "../stores/store.ts";
import { toFixture } from "../testing/fixture/fixture.ts";
import { toHex } from "../wire/ids.ts";
import { localFiles } from "../workspace/local/local-files.ts";
import type { DataArguments } from "./arguments/parse-store.ts";
import { readConfiguration } from "./read-configuration.ts";
import { openExisting } from "./store/command-store.ts";

export interface ExportArguments extends DataArguments {
  id: string;
}

/** Prints a stored conversation as a fixture. The server that uses the database must be stopped. */
export async function exportFixture({ id, ...place }: ExportArguments): Promise<void> {
  await withStore(place, async (store, { name }) => {
    const fixture = await toFixture(store, id);
    if (fixture === undefined) throw new AgentServerError("not_found", `${name} has no conversation ${id}`);
    process.stdout.write(`${JSON.stringify(fixture, null, 2)}\n`);
  });
}

/**
 * Writes a stored conversation into a new folder in `to`, in the reference's layout and without secrets. The folder
 * is whole or not there. The server that uses the database must be stopped.
 */
export async function exportConversation({
  id,
  to,
  ...place
}: ExportArguments & { to: string }): Promise<void> {
  const target = resolve(to, toHex(id));
  if (existsSync(target)) throw new AgentServerError("conflict", `${target} exists already`);
  const unfinished = resolve(to, `.${toHex(id)}.${process.pid}.tmp`);
  await withStore(place, async (store, { home }) => {
    const dataDir = (conversation: string) => join(home, toHex(conversation));
    try {
      for await (const file of trajectory(id, {
        store,
        persistenceDir: resolve(to),
        dataDir,
        disk: localFiles,
      })) {
        await write(file, join(unfinished, file.name));
      }
      await rename(join(unfinished, toHex(id)), target);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
  process.stdout.write(`${target}\n`);
}

/**
 * Writes a stored conversation as one HTML page into the folder `to`, without secrets. The page is whole or not there.
 * The server that uses the database must be stopped.
 */
export async function exportPage({ id, to, ...place }: ExportArguments & { to: string }): Promise<void> {
  const { conversationPage } = await import("../conversations/export/page/conversation-page.ts");
  const target = resolve(to, `${toHex(id)}.html`);
  if (existsSync(target)) throw new AgentServerError("conflict", `${target} exists already`);
  const unfinished = resolve(to, `.${toHex(id)}.${process.pid}.tmp`);
  await withStore(place, async (store, { home }) => {
    await mkdir(to, { recursive: true });
    const file = await open(unfinished, "wx", 0o600);
    try {
      await file.writeFile(conversationPage(id, { store, persistenceDir: home }));
      await file.close();
      await rename(unfinished, target);
    } finally {
      await file.close();
      await rm(unfinished, { force: true });
    }
  });
  process.stdout.write(`${target}\n`);
}

/** Files are for their owner alone, as the reference's are. */
async function write({ name, content }: TrajectoryFile, path: string): Promise<void> {
  if (name.endsWith("/")) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(join(path, ".."), { recursive: true });
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content instanceof Uint8Array ? content : content.pieces);
  } finally {
    await file.close();
  }
}

async function withStore(
  { data, store: place }: DataArguments,
  work: (store: Store, about: { home: string; name: string }) => Promise<void>,
): Promise<void> {
  const { options } = await readConfiguration();
  const home = absolutePath(data ?? options.conversationsPath ?? "workspace/conversations");
  const { store, name } = await openExisting({ home, store: place });
  try {
    await work(store, { home, name });
  } finally {
    await store.close();
  }
}
