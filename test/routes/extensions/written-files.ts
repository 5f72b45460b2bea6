import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ServerOptions } from "agent-server";
import { onTestFinished } from "vitest";
import { type Ask, openServer } from "../settings/open-server.ts";

export interface Written {
  folder: string;
  project: string;
  home: string;
  ask: Ask;
}

/** A server on a machine whose home folder and project hold these files. Options may speak of the folder of all. */
export function withFiles(
  files: Readonly<Record<string, string>>,
  optionsIn: (folder: string) => Partial<ServerOptions> = () => ({}),
): Written {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-extensions-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const [project, home] = [join(folder, "project"), join(folder, "home")];
  const ask = openServer({
    environment: { HOME: home, PATH: process.env.PATH },
    userDir: join(home, ".openhands"),
    publicExtensions: { source: join(folder, "public") },
    ...optionsIn(folder),
  });
  return { folder, project, home, ask };
}
