import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { PublicExtensions } from "../../src/extensions/checkout/public-extensions.ts";
import type { ExtensionPlace } from "../../src/extensions/place.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import { isMetadataAddress } from "../../src/outbound/addresses.ts";
import { judgeHost } from "../../src/outbound/allowed-addresses.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { openLocal, temporaryDirectory } from "../workspace/open-local.ts";

export interface OpenPlace {
  place: ExtensionPlace;
  /** The folder that holds the home folder and everything else of the test. */
  folder: string;
  /** Commands that ran, a line each. */
  commands: string[];
  warnings: string[];
  /** The fields of the warnings. */
  fields: unknown[];
}

/** This machine as a place of extensions, with a home folder of its own. */
export async function openPlace(): Promise<OpenPlace> {
  const folder = await temporaryDirectory();
  const home = join(folder, "home");
  const local = await openLocal({
    workingDir: folder,
    environment: { HOME: home, PATH: process.env.PATH },
  });
  const commands: string[] = [];
  const workspace: Workspace = {
    info: { ...local.info, home },
    files: local.files,
    run: (argv, options) => {
      commands.push(argv.join(" "));
      return local.run(argv, options);
    },
    terminal: (options) => local.terminal(options),
    close: () => local.close(),
  };
  const warnings: string[] = [];
  const fields: unknown[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (more, message) => {
      fields.push(more);
      warnings.push(message);
    },
  };
  const source = { source: join(folder, "public"), ref: "main", clock: systemClock };
  const place: ExtensionPlace = {
    workspace,
    userDir: join(home, ".openhands"),
    logger,
    clock: systemClock,
    judgeHost: (host) => judgeHost(host, async (address) => !(await isMetadataAddress(address))),
    publicExtensions: new PublicExtensions(async () => place, source),
  };
  return { place, folder, commands, warnings, fields };
}
