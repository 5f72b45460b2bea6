/**
 * `npm run chaos`: a cluster of real processes and a real database, on which everything goes wrong for a while.
 *
 * - `--minutes N`: how long. Default: 1. Each minute is a round with its own conversations, checked at its end.
 * - `--seed N`: the seed of the first round, to play it again; the next ones follow. Default: any.
 * - `--conversations N`: default 36.
 * - `--silence N`: a conversation that is silent for longer while nothing is wrong is a fault. Default: 12 seconds.
 * - `--placement sandbox`: the conversations work at one more server. Default: shared.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { messageOf } from "../../../src/errors.ts";
import { openChaosCluster } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: `${randomInt(1_000_000)}` },
    conversations: { type: "string", default: "36" },
    silence: { type: "string", default: "12" },
    placement: { type: "string", default: "shared" },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
if (values.placement !== "shared" && values.placement !== "sandbox")
  throw new Error("--placement: must be shared or sandbox");
const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
const cluster = await openChaosCluster(values.placement);
let failed = 0;
const rounds = Number(values.minutes);
try {
  for (let round = 0; round < rounds; round += 1) {
    const seed = Number(values.seed) + round;
    print(`round ${round + 1} of ${rounds}: --seed ${seed}`);
    const report = await cluster.play({
      seed,
      milliseconds: 60_000,
      conversations: Number(values.conversations),
      onFault: (line) => print(`  ${line}`),
    });
    const { acknowledged, events, calls, takeovers, longestSilence, longestCalmSilence } = report;
    const { conversation, from, to } = longestCalmSilence ?? { conversation: "none", from: 0, to: 0 };
    const isMute = to - from > Number(values.silence) * 1_000;
    const mute = `${conversation} was silent from ${seconds(from)} to ${seconds(to)}, while nothing was wrong`;
    const faults = isMute ? [...report.faults, mute] : report.faults;
    print(
      `  ${events} events, ${acknowledged} seen by clients, ${calls} calls, ${takeovers} takeovers, ` +
        `longest silence ${seconds(longestSilence)}, ${seconds(to - from)} of one without trouble, ` +
        `${faults.length} faults`,
    );
    for (const fault of faults) print(`  FAULT ${fault}`);
    failed += faults.length > 0 ? 1 : 0;
  }
} catch (error) {
  failed += 1;
  print(`  FAULT of the round: ${messageOf(error)}`);
} finally {
  if (failed > 0) print(cluster.log().slice(-20_000));
  await cluster.close();
}
print(failed === 0 ? `${rounds} passed` : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
