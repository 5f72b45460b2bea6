/**
 * `npm run record`: the pictures of the README, made of the sources of this checkout with the demo model. Plays its first
 * commands in a real terminal (`examples/terminal.svg`, `examples/chat.svg`), and shows conversations in the inspector
 * (`examples/inspector.png`), in folders that are removed. `npm run record chat` makes the one with this name.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnServer } from "../cli/spawn-server.ts";
import { animate } from "./animate.ts";
import { pictureOfInspector } from "./inspector-picture.ts";
import { type Play, playShell } from "./play-shell.ts";

const SIZE = { cols: 100, rows: 30 };
const root = resolve(import.meta.dirname, "../..");

const PICTURES: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  terminal: (folder) =>
    record("terminal", {
      folder,
      title: "agent-server demo in a terminal",
      steps: [{ type: "npx agent-server demo" }],
    }),
  chat: recordChat,
  inspector: () => pictureOfInspector(join(root, "examples/inspector.png")),
};

const [only] = process.argv.slice(2);
for (const [name, make] of Object.entries(PICTURES)) {
  if (only !== undefined && only !== name) continue;
  const folder = mkdtempSync(join(tmpdir(), "agent-server-record-"));
  try {
    await make(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A conversation at a server of this machine. */
async function recordChat(folder: string): Promise<void> {
  const server = await spawnServer({ cwd: folder });
  try {
    await record("chat", {
      folder,
      title: "agent-server chat in a terminal",
      options: `--host ${server.url}`,
      steps: [
        { type: "npx agent-server chat --model demo/tour", until: "\n>" },
        { type: "Show me around.", until: "\n>" },
        { type: "/quit" },
      ],
    });
  } finally {
    await server.stop();
  }
}

async function record(
  name: string,
  {
    title,
    options = "",
    folder,
    steps,
  }: Pick<Play, "folder" | "steps"> & { title: string; options?: string },
): Promise<void> {
  const run = `"${process.execPath}" --disable-warning=ExperimentalWarning "${root}/src/cli.ts"`;
  const commands = { npx: `${run} "\${@:2}" ${options}` };
  const svg = animate(await playShell({ ...SIZE, folder, commands, steps }), { ...SIZE, title });
  writeFileSync(join(root, `examples/${name}.svg`), svg);
  process.stdout.write(`examples/${name}.svg: ${Math.round(svg.length / 1024)} KiB\n`);
}
