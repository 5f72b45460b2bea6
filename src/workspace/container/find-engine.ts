import { spawnSync } from "node:child_process";
import type { ContainerOptions, ResolvedContainer } from "./container-options.ts";
import { Engine, unavailable } from "./engine.ts";
import { hardening } from "./run-arguments.ts";

/** Milliseconds of a look at the image, and of the trial. */
const LOOK_LIMIT = 30_000;
const TRIAL_LIMIT = 120_000;

const PROGRAMS = ["bash", "cat", "grep", "sleep", "stty"];
const TRIAL = 'for name; do command -v "$name" >/dev/null || { echo "$name" >&2; exit 90; }; done';
const LACKS_PROGRAM = 90;

/**
 * Finds the engine and runs a container of these options, so that what the machine cannot do is known before anything
 * depends on it.
 *
 * @throws WorkspaceError `unavailable`. Its message says what is missing and how to get it.
 */
export function findEngine(options: ContainerOptions, resolved: ResolvedContainer): Engine {
  const { image } = resolved;
  const engine = new Engine(options);
  const look = run(engine, ["image", "inspect", "--format", "{{.Id}}", image], LOOK_LIMIT);
  if (look.status !== 0) {
    throw unavailable(
      `${engine.name} does not have the image ${image} (${look.said}). ` +
        `Get it first, for example: ${engine.name} pull ${image}`,
    );
  }
  const parameters = ["run", "--rm", ...hardening(resolved, []), image, "-c", TRIAL, "sh", ...PROGRAMS];
  const trial = run(engine, parameters, TRIAL_LIMIT);
  if (trial.status === 0) return engine;
  if (trial.status === LACKS_PROGRAM) throw unavailable(`the image ${image} has no program ${trial.said}`);
  throw unavailable(
    `${engine.name} cannot run a container of ${image}: ${trial.said}. ` +
      "If it says what it lacks, such as a runtime or a limit, engineArguments can name it",
  );
}

function run(engine: Engine, parameters: readonly string[], timeout: number) {
  const { status, stderr, error, signal } = spawnSync(engine.path, parameters, {
    env: engine.environment,
    cwd: "/",
    encoding: "utf8",
    timeout,
    killSignal: "SIGKILL",
  });
  const said = stderr?.trim().split("\n").at(-1)?.slice(0, 500);
  return { status, said: said || error?.message || `it ended with ${signal ?? status}` };
}
