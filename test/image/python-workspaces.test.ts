import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { startObedientModel } from "../clients/obedient-model.ts";
import { preparePackages } from "../clients/python-environment.ts";
import { NO_CONTAINERS } from "../workspace/container/open-container.ts";
import { buildImage, IMAGE, openToContainers, RUN_OPTIONS } from "./podman.ts";
import { RUNTIME_KEY, startRuntimeService } from "./runtime-service.ts";

const run = promisify(execFile);
const VERSION = "1.58.2";

beforeAll(async () => {
  if (NO_CONTAINERS === undefined) await buildImage();
}, 1_800_000);

/** A folder with a program `docker` that is podman, with what every container needs on this machine. */
async function dockerFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-docker-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  // The client asks for more open files than some machines allow.
  const lines = [
    "#!/bin/bash",
    'for argument; do shift; [[ $argument = nofile=* ]] && argument=nofile=1024:1024; set -- "$@" "$argument"; done',
    `if [ "$1" = run ]; then shift; set -- run ${RUN_OPTIONS.join(" ")} "$@"; fi`,
    'exec podman "$@"',
  ];
  await writeFile(join(folder, "docker"), `${lines.join("\n")}\n`);
  await chmod(join(folder, "docker"), 0o755);
  return folder;
}

it.skipIf(NO_CONTAINERS)(
  "the workspaces of the Python SDK start the image as it is",
  async () => {
    const { python, folder: packages } = await preparePackages(VERSION, ["openhands-workspace"]);
    await using model = await startObedientModel();
    await using relay = await openToContainers(model.url);
    await using service = await startRuntimeService();
    const bed = { image: IMAGE, modelUrl: relay.url, runtimeUrl: service.url, runtimeKey: RUNTIME_KEY };
    const { PATH, HOME } = process.env;
    const { stderr } = await run(
      python,
      ["-W", "ignore", join(import.meta.dirname, "python/test_workspaces.py")],
      {
        env: {
          ...{ HOME, PYTHONPATH: packages, PATH: `${await dockerFolder()}:${PATH}` },
          AGENT_SERVER_IMAGE_TEST: JSON.stringify(bed),
          LITELLM_LOCAL_MODEL_COST_MAP: "True",
          LOG_LEVEL: "ERROR",
          OPENHANDS_SUPPRESS_BANNER: "1",
          PYTHONDONTWRITEBYTECODE: "1",
        },
      },
    );
    expect(stderr).toMatch(/^Ran 3 tests/m);
    expect(stderr).toMatch(/^OK$/m);
    expect(service.left()).toEqual([]);
  },
  900_000,
);
