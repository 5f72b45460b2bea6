import { styleText } from "node:util";
import { absolutePath } from "../../absolute-path.ts";
import { messageOf } from "../../errors.ts";
import { DEFAULT_CONVERSATIONS_PATH } from "../../server/options/resolved-options.ts";
import { readConfiguration } from "../read-configuration.ts";
import type { StoreArguments } from "../store/command-store.ts";
import { accessKeys } from "./access-keys.ts";
import { type Check, type Finding, fails, type Patient, warns } from "./check.ts";
import { modelKey, port, proxies, secretKey, sessionKeys } from "./configuration.ts";
import { clock, database, dataFolder, freeDisk } from "./data.ts";
import { browser, containers, git, node, ripgrep, sandbox } from "./programs.ts";

export interface DoctorArguments {
  /** Where the server would listen. Default: as the server has it. */
  host: string | undefined;
  port: number;
  /** Folder of the database. Default: the configured one. */
  data: string | undefined;
  /** null: the database file in that folder. */
  store: StoreArguments | null;
  /** Prints findings as JSON. */
  json: boolean;
}

const CHECKS: readonly Check[] = [
  ...[node, clock, dataFolder, freeDisk, database, port],
  ...[sessionKeys, accessKeys, secretKey, modelKey, proxies],
  ...[git, ripgrep, sandbox, containers, browser],
];

const MARKS = { ok: ["✓", "green"], warns: ["!", "yellow"], fails: ["✗", "red"] } as const;

/**
 * Looks at this machine and at the configuration, and says what to do about what it finds. The exit code is 1 when
 * something keeps a server from starting.
 */
export async function doctor(args: DoctorArguments): Promise<void> {
  const findings = await examine(args);
  const isWell = findings.every(({ status }) => status !== "fails");
  process.stdout.write(
    args.json ? `${JSON.stringify({ ok: isWell, findings }, null, 2)}\n` : report(findings),
  );
  if (!isWell) process.exitCode = 1;
}

async function examine(args: DoctorArguments): Promise<Finding[]> {
  const { patient, findings } = await patientOf(args);
  for (const check of CHECKS) {
    try {
      findings.push(await check(patient));
    } catch (error) {
      findings.push(
        fails(check.name, messageOf(error), "this check could not be made; its reason may say why"),
      );
    }
  }
  return findings;
}

/** A configuration that cannot be read is a finding, and the rest is looked at without it. */
async function patientOf({
  host,
  port: wanted,
  data,
  store,
}: DoctorArguments): Promise<{ patient: Patient; findings: Finding[] }> {
  const findings: Finding[] = [];
  const { options, warnings } = await readConfiguration().catch((error: unknown) => {
    findings.push(fails("Configuration", messageOf(error), "correct it, or remove it"));
    return { options: {}, warnings: [] };
  });
  for (const warning of warnings) findings.push(warns("Configuration", warning, "remove or correct it"));
  const { apiKeys = [], conversationsPath = DEFAULT_CONVERSATIONS_PATH } = options as Patient["options"];
  const place = host ?? (apiKeys.length > 0 ? "0.0.0.0" : "127.0.0.1");
  const folder = absolutePath(data ?? conversationsPath);
  return {
    findings,
    patient: { options, environment: process.env, dataFolder: folder, store, host: place, port: wanted },
  };
}

function report(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ name, status, found, cure }) => {
    const [mark, colour] = MARKS[status];
    const line = `${styleText(colour, mark, { stream: process.stdout })} ${name.padEnd(14)} ${found}`;
    return cure === undefined ? [line] : [line, `${" ".repeat(17)}→ ${cure}`];
  });
  const count = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length;
  const end =
    count("fails") > 0
      ? `A server cannot start: ${count("fails")} to mend.`
      : `A server can start${count("warns") > 0 ? `; ${count("warns")} to look at` : ""}.`;
  return [...lines, "", end, ""].join("\n");
}
