import type { AcpAgent } from "../../wire/agent/acp/acp-agent.ts";
import { npxCommand } from "../../wire/agent/acp/acp-commands.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { AcpProvider } from "../providers.ts";

/** Milliseconds that the machine has to look for a program. */
const LOOK_TIMEOUT = 10_000;

/** A program and its parameters. */
export interface AcpCommand {
  program: string;
  parameters: string[];
}

/**
 * The command that starts the program of an agent. One that would be fetched first and is installed is started as it is
 * installed.
 */
export async function commandOf(
  { acp_command: command, acp_args: added }: AcpAgent,
  provider: AcpProvider | undefined,
  workspace: Workspace,
): Promise<AcpCommand> {
  const [program = "", ...parameters] = command;
  const asWritten = { program, parameters: [...parameters, ...added] };
  if (provider === undefined) return asWritten;
  const { launch } = provider;
  const fetching = npxCommand(launch);
  if (!isStart(command, fetching) || !(await isInstalled(launch.binary, workspace))) return asWritten;
  const more = command.slice(fetching.length);
  return { program: launch.binary, parameters: [...launch.parameters, ...more, ...added] };
}

/** The packages that a command fetches: those that it names, or else its first word that is not an option. */
export function packagesOf([program, ...words]: readonly string[]): string[] {
  if (program !== "npx") return [];
  const named = words.filter((word) => word.startsWith(PACKAGE)).map((word) => word.slice(PACKAGE.length));
  if (named.length > 0) return named;
  const first = words.find((word) => !word.startsWith("-"));
  return first === undefined ? [] : [first];
}

const PACKAGE = "--package=";

function isStart(command: readonly string[], start: readonly string[]): boolean {
  return start.every((word, index) => command[index] === word);
}

async function isInstalled(binary: string, workspace: Workspace): Promise<boolean> {
  const look = ["/bin/sh", "-c", 'command -v "$1"', "sh", binary] as const;
  const { exitCode } = await workspace.run(look, { cwd: "/", timeout: LOOK_TIMEOUT });
  return exitCode === 0;
}
