import { startChild } from "../../child.ts";
import type { Figure } from "../../figure.ts";
import { median, range, rounded } from "../../statistics.ts";
import { Publisher, type SocketKind } from "./fan-out.ts";

const SOCKETS = 20;
const FRAMES = 500;
const ROUNDS = 8;

/** What one socket that reads no more costs those beside it: two servers, taken in turn. */
export const slowReader = slowReaderOf("events", "slow reader");
export const sessionSlowReader = slowReaderOf("session", "session slow reader");

function slowReaderOf(socket: SocketKind, name: string): Figure {
  return {
    name,
    bar: "others lose < 5 %, memory <= +16 MiB",
    reference: false,
    async measure({ dist, folder }) {
      const hosts = [
        await startChild("load/streaming-host.ts", [dist, `${folder}/even`]),
        await startChild("load/streaming-host.ts", [dist, `${folder}/stalled`]),
      ] as const;
      const [evenHost, stalledHost] = hosts;
      try {
        const load = { sockets: SOCKETS, frames: FRAMES };
        const even = await Publisher.start(
          evenHost,
          await evenHost.ask({ conversations: 1, socket }),
          load,
          socket,
        );
        const stalled = await Publisher.start(
          stalledHost,
          await stalledHost.ask({ conversations: 1, socket }),
          load,
          socket,
        );
        await stalled.rate();
        await stalled.stall(1);
        const ratios: number[] = [];
        const memory: number[] = [];
        for (const _ of range(ROUNDS)) {
          const evenRate = await even.rate();
          ratios.push((await stalled.rate()) / evenRate);
          const [evenMiB, stalledMiB] = await Promise.all(
            hosts.map((host) => host.ask<number>({ memory: true })),
          );
          memory.push(Number(stalledMiB) - Number(evenMiB));
        }
        await Promise.all([even.stop(), stalled.stop()]);
        const lost = (1 - median(ratios)) * 100;
        const added = median(memory);
        return {
          shown: `others lose ${lost.toFixed(1)} %, memory ${added.toFixed(0)} MiB more`,
          good: lost < 5 && added <= 16,
          values: { lost_percent: rounded(lost), memory_mib: rounded(added) },
        };
      } finally {
        await Promise.all(hosts.map((host) => host.stop()));
      }
    },
  };
}
