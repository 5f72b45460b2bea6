/**
 * `npm run fuzz`: a server as a user starts it, attacked in a box: without a network, and with one folder that it can
 * change. Whatever is generated can do no harm to this machine.
 *
 * - `--minutes N`: how long. Default: 5.
 * - `--seed N`: what is generated depends on it alone, how much of it is played on the time. Default: any.
 * - `--store sqlite|postgres`: default sqlite.
 * - `--part NAME`: only `hostile` (bytes that break the rules), `keys` (every operation with every kind of key), `schema`
 *   (schemathesis by the OpenAPI document), `keyless` (the same without a key) or `model` (sequences of commands whose
 *   outcome is predicted, crashes included).
 * - `--rounds N`: rounds of the model. Default: as many as there is time for.
 * - `--skip-without-box`: ends well where bubblewrap cannot be used. Default: that is a failure.
 */
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runInBox, whyNoBox } from "./box.ts";
import { PARTS, type Part, runCampaign, STORES, type StoreName } from "./campaign.ts";
import { prepareSchemathesis } from "./schema/schemathesis.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: `${randomInt(1_000_000)}` },
    store: { type: "string", default: "sqlite" },
    part: { type: "string", multiple: true, default: [...PARTS] },
    rounds: { type: "string" },
    "skip-without-box": { type: "boolean", default: false },
    /** Set by the command itself, for its second half in the box. */
    inside: { type: "string" },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);

process.exitCode = values.inside === undefined ? await outside() : await inside(values.inside);

async function outside(): Promise<number> {
  for (const part of values.part) oneOf(PARTS, part, "--part");
  oneOf(STORES, values.store, "--store");
  const folder = await mkdtemp(join(tmpdir(), "agent-server-fuzz-"));
  try {
    const command = await prepareSchemathesis();
    const box = { folder, shown: [dirname(dirname(command))] };
    const reason = await whyNoBox(box);
    if (reason !== undefined) {
      print(`NOT FUZZED: ${reason}`);
      return values["skip-without-box"] ? 0 : 1;
    }
    const again = [
      "--inside",
      command,
      "--minutes",
      values.minutes,
      "--seed",
      values.seed,
      "--store",
      values.store,
    ];
    const parts = values.part.flatMap((part) => ["--part", part]);
    const rounds = values.rounds === undefined ? [] : ["--rounds", values.rounds];
    print(`--seed ${values.seed} --store ${values.store}`);
    const [program, script] = [process.execPath, join(import.meta.dirname, "run.ts")];
    return await runInBox(box, ["env", `TMPDIR=${folder}`, program, script, ...again, ...parts, ...rounds]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inside(schemathesis: string): Promise<number> {
  const faults = await runCampaign({
    folder: tmpdir(),
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    store: oneOf(STORES, values.store, "--store") as StoreName,
    parts: values.part as Part[],
    ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
    schemathesis,
    print,
  });
  print(faults === 0 ? "no faults" : `${faults} faults, with --seed ${values.seed}`);
  return faults === 0 ? 0 : 1;
}

function oneOf(allowed: readonly string[], value: string, option: string): string {
  if (allowed.includes(value)) return value;
  throw new Error(`${option} is one of ${allowed.join(", ")}, and not ${value}`);
}
