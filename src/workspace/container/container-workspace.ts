import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocalWorkspace } from "../local/local-workspace.ts";
import { makeFolder } from "../local/make-folder.ts";
import { PrivateFolder } from "../local/private-folder.ts";
import { confinedFiles } from "../sandbox/confined-files.ts";
import type { Root } from "../sandbox/confined-path.ts";
import { makeSandboxFolders, mountsOf, type SandboxFolders } from "../sandbox/sandbox-folders.ts";
import type { OpenWorkspace, Workspace, WorkspaceInfo, WorkspaceSpec } from "../workspace.ts";
import type { ContainerPlan } from "./container.ts";
import { containerMachines } from "./container-machines.ts";
import { type ContainerOptions, type ResolvedContainer, resolveContainer } from "./container-options.ts";
import { Containers, nameOf, OWNER_LABEL, ownerOf } from "./containers.ts";
import { findEngine } from "./find-engine.ts";
import { removeLeftBehind } from "./left-behind.ts";
import { type ContainerMount, checkMountable, hardening } from "./run-arguments.ts";
import { KEEPER } from "./scripts.ts";
import { wrapInContainer } from "./wrap-in-container.ts";

/** Folder in a conversation's data that its container can only read: what commands start with, and a sign of life. */
const EXCHANGE = "exchange";
const ALIVE = "alive";

/** The working folder that clients name where they leave it to the server. The folder itself lies in the root. */
const NEW_FOLDER = "/workspace";

/** Turns without a sign of life after which a container ends. */
const TURNS = 4;

/** Variables of every command, in addition to those of the image. */
const STANDARD = {
  TERM: "xterm-256color",
  LANG: "C.UTF-8",
  AI_AGENT: "openhands",
  PAGER: "cat",
  GIT_PAGER: "cat",
} as const;

/**
 * Opens workspaces that are containers, one for each conversation. The working folder, a home folder and `$TMPDIR` of
 * the conversation are mounted at the paths that they have on this machine, where file tools reach them and no others.
 * Every program runs in the container: without privileges, capabilities and, unless `network` says otherwise, a
 * network.
 *
 * A container starts when it is first used, and stops `idleSeconds` after its last use and when the server closes; a
 * server that starts again within `leaseSeconds` after it was killed goes on using it. It is removed with its
 * conversation. Needs Linux. An exit code of 129 to 159 is reported as the signal that it stands for.
 *
 * Working folders lie in `root`. `/workspace` is a new one for each conversation, which the container shows there. Do
 * not give one conversation a folder inside another's working folder.
 *
 * @throws WorkspaceError `unavailable` where the engine or the image cannot be had: containers are never left out silently.
 * @throws TypeError for invalid options.
 *
 * @example
 * ```ts
 * const workspace = containerWorkspace({ engine: "podman", image: "docker.io/library/node:24", root: "/srv/agents" });
 * const server = createServer({ apiKeys, workspace });
 * ```
 */
export function containerWorkspace(options: ContainerOptions): OpenWorkspace {
  const container = resolveContainer(options);
  const engine = findEngine(options, container);
  const containers = new Containers(engine);
  const { commandEnvironment, idleTimeoutSeconds = null } = options;
  const open = async (spec: WorkspaceSpec): Promise<Workspace> => {
    const folders = await makeSandboxFolders(container, placeOf(spec));
    const { dataDir, home, temporaryDir } = folders;
    const workingDir = shownAt(spec, folders);
    const exchange = join(dataDir, EXCHANGE);
    await makeFolder(exchange, 0o700);
    await removeLeftBehind(exchange);
    const plan = await planOf({ spec, folders, container });
    const running = containers.get(plan);
    const release = running.hold();
    const info: WorkspaceInfo = {
      ...{ kind: "container", workingDir, dataDir, home, temporaryDir, idleTimeoutSeconds },
      ...{ username: null, hostname: "agent", network: networkOf(container.network) },
    };
    const files = confinedFiles(rootsOf(folders, workingDir));
    const isKnown = async (path: string) => (await files.stat(path).catch(() => null))?.type === "directory";
    const workspace: LocalWorkspace = new LocalWorkspace({
      info,
      files,
      environment: { ...STANDARD, ...present(commandEnvironment), HOME: home, TMPDIR: temporaryDir },
      // The container's share of the processors is bounded instead.
      terminalPriority: "normal",
      wrap: wrapInContainer({
        engine,
        container: running,
        exchange: new PrivateFolder(exchange),
        limits: container.limits,
      }),
      isFolder: async (path) =>
        (await isKnown(path)) || (await workspace.run(["test", "-d", path], { cwd: "/" })).exitCode === 0,
      shellFolder: exchange,
      onClosed: async () => release(),
    });
    return workspace;
  };
  const machines = containerMachines({ containers, container, aliveFile: join(EXCHANGE, ALIVE) });
  return Object.assign(open, { machines });
}

interface PlanParts {
  spec: WorkspaceSpec;
  folders: SandboxFolders;
  container: ResolvedContainer;
}

async function planOf({ spec, folders, container }: PlanParts): Promise<ContainerPlan> {
  const { engine, image, idleSeconds, leaseSeconds, startSeconds, readOnlyRoot } = container;
  const owner = ownerOf(dirname(folders.dataDir));
  const conversation = spec.conversationId?.replaceAll("-", "") ?? "machine";
  const aliveFile = join(folders.dataDir, EXCHANGE, ALIVE);
  const limits = { ...container.limits, ...present(spec.limits) };
  const mounts = await mountsIn(folders, shownAt(spec, folders));
  for (const mount of mounts) checkMountable(mount, engine);
  const turn = leaseSeconds / TURNS;
  const how = [
    ...hardening({ ...container, limits }, mounts),
    ...[image, "-c", KEEPER, "sh", aliveFile, String(turn), String(TURNS)],
  ];
  // A folder that was made again has to be mounted again.
  const identities = await Promise.all(mounts.map(({ source }) => identityOf(source)));
  const name = nameOf(owner, conversation, [how, identities]);
  const about = ["--name", name, "--label", `${OWNER_LABEL}=${owner}`, ...(readOnlyRoot ? ["--rm"] : [])];
  return {
    ...{ name, owner, conversation, aliveFile },
    runArguments: ["run", "--detach", ...about, ...how],
    timing: { idle: idleSeconds * 1000, beat: (turn * 1000) / 2, start: startSeconds * 1000 },
    isRemovedWhenStopped: readOnlyRoot,
  };
}

async function mountsIn(folders: SandboxFolders, workingDir: string): Promise<ContainerMount[]> {
  return (await mountsOf(folders)).map(({ path: source, isWritable }) => ({
    source,
    path: source === folders.workingDir ? workingDir : source,
    isWritable,
  }));
}

/** The folder that is asked for where the conversation gets a new one, by the name of its id. */
function placeOf(spec: WorkspaceSpec): WorkspaceSpec {
  return wantsNewFolder(spec) ? { ...spec, workingDir: spec.conversationId ?? "" } : spec;
}

/** The path of the working folder in the container. */
function shownAt(spec: WorkspaceSpec, { workingDir }: SandboxFolders): string {
  return wantsNewFolder(spec) ? NEW_FOLDER : workingDir;
}

function wantsNewFolder({ conversationId, workingDir }: WorkspaceSpec): boolean {
  return conversationId !== null && workingDir === NEW_FOLDER;
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path);
  return `${dev}:${ino}`;
}

function rootsOf(
  { workingDir, dataDir, home, temporaryDir, readOnly, writable }: SandboxFolders,
  shown: string,
): Root[] {
  return [
    { path: shown, source: workingDir, isWritable: true },
    ...[dataDir, home, temporaryDir, ...writable].map((path) => ({ path, isWritable: true })),
    ...readOnly.map((path) => ({ path, isWritable: false })),
    ...[join(dataDir, EXCHANGE), "/dev/null"].map((path) => ({ path, isWritable: false })),
  ];
}

function present<T extends object>(
  values: T | undefined,
): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const set = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}

function networkOf(network: string): NonNullable<WorkspaceInfo["network"]> {
  if (network === "none") return "none";
  return network === "host" ? "shared" : "separate";
}
