/**
 * `npm run record`: the pictures of the README, made of the sources of this checkout with the demo model. Plays its first
 * command in a real terminal (`examples/terminal.svg`), and shows conversations in the inspector
 * (`examples/inspector.png`), in folders that are removed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { animate } from "./animate.ts";
import { pictureOfInspector } from "./inspector-picture.ts";
import { playShell } from "./play-shell.ts";

const SIZE = { cols: 100, rows: 30 };
const root = resolve(import.meta.dirname, "../..");

const folder = mkdtempSync(join(tmpdir(), "agent-server-record-"));
try {
  const screens = await playShell({
    ...SIZE,
    folder,
    commands: {
      npx: `"${process.execPath}" --disable-warning=ExperimentalWarning "${root}/src/cli.ts" "\${@:2}"`,
    },
    steps: [{ type: "npx agent-server demo" }],
  });
  const svg = animate(screens, { ...SIZE, title: "agent-server demo in a terminal" });
  writeFileSync(join(root, "examples/terminal.svg"), svg);
  process.stdout.write(`examples/terminal.svg: ${Math.round(svg.length / 1024)} KiB\n`);
  await pictureOfInspector(join(root, "examples/inspector.png"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
