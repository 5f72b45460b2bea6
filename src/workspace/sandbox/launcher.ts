import { shellQuote } from "../../shell-quote.ts";
import type { Command } from "../local/wrap-command.ts";
import type { Argv } from "../workspace.ts";
import type { ResolvedLimits } from "./sandbox-options.ts";

/** Bytes of one variable: Linux takes 128 KiB for each, with its name. */
const MAX_VARIABLE = 64 * 1024;

const NAME = "AGENT_SANDBOX_ENVIRONMENT_";

/** A program to run in a sandbox, without anything that what surrounds it would obey. */
export interface Launch {
  argv: Argv;
  /** Environment of what surrounds the program. */
  env: Record<string, string>;
}

/**
 * Makes a command whose environment begins to count inside. A variable such as LD_PRELOAD would otherwise run a library
 * of the agent's in bubblewrap itself, outside. Values are not passed as arguments either: every user can read those.
 */
export function launch({ argv, cwd, env }: Command, limits: ResolvedLimits): Launch {
  const pieces = exportsOf(env);
  const names = pieces.map((_, index) => `${NAME}${index}`);
  const script = [
    ...names.map((name) => `eval "$${name}"; unset ${name}`),
    'cd -- "$1" || exit 126',
    "shift",
    'exec "$@"',
  ].join("\n");
  return {
    // The process that waits outside ignores the signals that the program is ended with; the program must not.
    argv: [
      ...limitArguments(limits),
      "env",
      "--default-signal=TERM,HUP",
      "sh",
      "-c",
      script,
      "sh",
      cwd,
      ...argv,
    ],
    env: Object.fromEntries(names.map((name, index) => [name, pieces[index] ?? ""])),
  };
}

function limitArguments({ processes, memoryBytes, fileBytes, cpuSeconds }: ResolvedLimits): Argv {
  const limits = { nproc: processes, data: memoryBytes, fsize: fileBytes, cpu: cpuSeconds, core: 0 };
  const set = Object.entries(limits).filter(([, value]) => value !== null);
  return ["prlimit", ...set.map(([name, value]) => `--${name}=${value}`), "--"];
}

/** Variables that a shell refuses to set, and then ends. */
const READ_ONLY = /^(UID|EUID|PPID|SHELLOPTS|BASHOPTS|BASH_VERSINFO)$/;

/** A line of a shell for each variable, which exports it. Names that no shell knows are left out. */
export function exportLines(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name) && !READ_ONLY.test(name))
    .map(([name, value]) => `export ${name}=${shellQuote(value.replaceAll("\0", ""))}\n`);
}

/** The same in as few pieces as the system takes. */
function exportsOf(env: Readonly<Record<string, string>>): string[] {
  const pieces: string[] = [];
  for (const line of exportLines(env)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + line.length < MAX_VARIABLE)
      pieces[pieces.length - 1] = last + line;
    else pieces.push(line);
  }
  return pieces;
}
