import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CANVAS_VERSION } from "../../../src/server/ui/find-canvas.ts";
import { spawnCommand } from "../../cli/spawn-server.ts";

/** Gets the pages once for all runs of the tests, by the command that users run, and returns their folder. */
export async function installedPages(): Promise<string> {
  const home = join(homedir(), ".cache", "agent-server", `canvas-${CANVAS_VERSION}`);
  const pages = join(home, "agent-server", "agent-canvas", "build");
  if (await exists(join(pages, "index.html"))) return pages;
  await mkdir(home, { recursive: true });
  const { HOME = home } = process.env;
  const install = spawnCommand({
    cwd: home,
    args: ["ui", "install"],
    environment: { XDG_DATA_HOME: home, HOME },
  });
  const code = await new Promise((done) => install.process.once("exit", done));
  if (code !== 0) throw new Error(`Agent Canvas could not be installed: ${install.stderr()}`);
  return pages;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
