import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BashCommands, type BashCommandsOptions } from "../../src/bash/bash-commands.ts";
import type { BashPlace } from "../../src/bash/bash-place.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import { ServerSecrets } from "../../src/secrets/server-secrets.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { BashOutput } from "../../src/wire/machine/bash.ts";
import { localWorkspace } from "../../src/workspace/local/local-workspace.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";

export interface BashBenchOptions extends Partial<BashCommandsOptions> {
  secrets?: readonly string[];
  /** Folder that every `cwd` must lie in, below the working directory. */
  root?: string;
  environment?: Record<string, string>;
}

/** Bash commands on this machine, in a folder of the test. Everything is closed and removed when the test ends. */
export async function openBash(options: BashBenchOptions = {}) {
  const { secrets = [], root, environment = {}, ...service } = options;
  const folder = mkdtempSync(join(tmpdir(), "agent-server-bash-"));
  const store = service.store ?? memoryStore();
  const open = localWorkspace({ environment: { PATH: process.env.PATH, ...environment } });
  const workspace: Workspace = await open({
    conversationId: null,
    workingDir: folder,
    dataDir: join(folder, "data"),
    requested: {},
  });
  const serverSecrets = new ServerSecrets(secrets);
  const machine = {
    workspace,
    kept: [],
    root: root === undefined ? null : join(folder, root),
    mask: () => serverSecrets.mask(),
  };
  const place: BashPlace = { scope: null, use: (work) => work(machine) };
  const defaults = { store, clock: systemClock, logger: silentLogger, retentionSeconds: null };
  const bash = new BashCommands({ ...defaults, ...service });
  onTestFinished(async () => {
    await bash.close();
    await workspace.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = (command: string, more: { cwd?: string | null; timeout?: number } = {}) =>
    bash.startCommand(place, { command, cwd: null, timeout: 30, ...more });
  const execute = async (
    command: string,
    more: { cwd?: string | null; timeout?: number } = {},
  ): Promise<BashOutput> =>
    JSON.parse(await bash.execute(place, { command, cwd: null, timeout: 30, ...more }));
  /** Waits until a command has a final output, and returns all of them. */
  const ended = async (commandId: string): Promise<BashOutput[]> => {
    for (;;) {
      const newest = { commandId, sortOrder: "TIMESTAMP_DESC", limit: 1 } as const;
      const [last] = (await bash.search(null, newest)).items;
      if (last?.kind === "BashOutput" && last.exit_code !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { items } = await bash.search(null, { commandId });
    return items.filter((item) => item.kind === "BashOutput");
  };
  return { bash, store, folder, place, workspace, start, execute, ended };
}
