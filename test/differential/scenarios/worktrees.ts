import type { Client } from "../client.ts";
import type { Scenario, Setting } from "../scenario.ts";

const IDS = [1, 2, 3].map(idOf);
/** Of a scenario that is at play at the same time. */
const OTHER = idOf(4);
const BASH = "/api/bash/execute_bash_command";
const ROOT = "/tmp/conversation-worktrees";

const MAKE_REPOSITORY = [
  "export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org",
  "git init -q -b main repo && cd repo && mkdir sub && echo 1 > file && echo 1 > sub/inner",
  "git add . && git commit -qm first && git tag v1",
  "git checkout -q -b other && echo 2 > file && git commit -qam second",
  "git init -q ../empty",
].join(" && ");

export const worktreeScenarios: Scenario[] = [
  {
    name: "worktrees: made, shown and removed",
    script: [],
    drive: async (client, setting) => {
      const { workspace } = setting;
      await setUp(client, workspace);
      await start(client, setting, { id: IDS[0], folder: "repo" });
      await start(client, setting, {
        id: IDS[1],
        folder: "repo/sub",
        options: { base: "head", branch_prefix: "mine/" },
      });
      await start(client, setting, { id: IDS[2], folder: "repo", options: { base: "ref", ref: "v1" } });
      await start(client, setting, { id: IDS[0], folder: "repo" });
      await client.ask("GET", `/api/conversations/${IDS[1]}`);
      await look(client, workspace, IDS);
      await bash(client, workspace, `cat ${IDS.map((id) => `${ROOT}/${id}/repo/file`).join(" ")}`);
      await bash(client, workspace, `echo lost > ${ROOT}/${IDS[0]}/repo/unsaved`);
      for (const id of IDS) await client.ask("DELETE", `/api/conversations/${id}`);
      await look(client, workspace, IDS);
    },
  },
  {
    name: "worktrees: nothing to make one from",
    script: [],
    drive: async (client, setting) => {
      const { workspace } = setting;
      await setUp(client, workspace);
      await start(client, setting, { id: OTHER, folder: "repo", options: { base: "ref", ref: "nowhere" } });
      await start(client, setting, { id: OTHER, folder: "empty" });
      await look(client, workspace, [OTHER]);
      // The reference leaves the folder of a start that failed.
      await quietly(client, workspace, `rm -rf ${ROOT}/${OTHER}`);
    },
  },
];

function idOf(n: number): string {
  return `0a0b0c0d-00aa-4000-8000-00000000000${n}`;
}

interface Wanted {
  id: string | undefined;
  folder: string;
  options?: object;
}

async function setUp(client: Client, workspace: string): Promise<void> {
  await quietly(client, workspace, MAKE_REPOSITORY);
}

async function start(
  client: Client,
  { workspace, base_url }: Setting,
  { id, folder, options }: Wanted,
): Promise<void> {
  const llm = { model: "openai/scripted", api_key: "key", base_url };
  await client.ask("POST", "/api/conversations", {
    conversation_id: id,
    worktree: true,
    ...(options && { worktree_options: options }),
    workspace: { working_dir: `${workspace}/${folder}` },
    agent: { kind: "Agent", llm, tools: [] },
    autotitle: false,
  });
}

/** Notes the branches, the working trees and what is left in the root. */
async function look(client: Client, workspace: string, ids: readonly string[]): Promise<void> {
  const folders = ids.map((id) => `${ROOT}/${id}`).join(" ");
  await bash(
    client,
    workspace,
    `cd repo && git branch && git worktree list | cut -d' ' -f1; ls ${folders} 2>/dev/null`,
  );
}

function quietly(client: Client, cwd: string, command: string): Promise<unknown> {
  return client.quietly({ method: "POST", path: BASH, body: { command, cwd } });
}

function bash(client: Client, cwd: string, command: string): Promise<unknown> {
  return client.ask("POST", BASH, { command, cwd });
}
