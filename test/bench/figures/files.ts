import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import type { Figure } from "../figure.ts";
import { median, range, rounded } from "../statistics.ts";
import { residentMiB } from "../target.ts";

const MIB = 1024 * 1024;
const FILE_MIB = 100;
const WARM_UP_MIB = 20;
const ROUNDS = 5;
const MIN_RATIO = 0.7;
const MAX_MEMORY_MIB = 16;

/**
 * 100 MiB into a file and out of one, against streams of `node:http` and `node:fs`. Each address comes with its way.
 */
export const files: Figure = {
  name: "upload, download",
  bar: `memory <= +${MAX_MEMORY_MIB} MiB, >= ${MIN_RATIO} of node:http streams`,
  reference: true,
  async measure({ target, folder }) {
    const [server, raw, load] = [
      await target.start(folder),
      await startChild("load/raw/raw-files.ts"),
      await startChild("load/file-load.ts"),
    ];
    try {
      const rawUrl = await raw.ask<string>({});
      const query = (name: string) => new URLSearchParams({ path: join(folder, name) });
      const ways = {
        upload: { url: `${server.url}/api/file/upload?${query("ours")}`, way: "form" },
        rawUpload: { url: `${rawUrl}/?${query("raw")}`, way: "raw" },
        download: { url: `${server.url}/api/file/download?${query("ours")}`, way: "take" },
        rawDownload: { url: `${rawUrl}/?${query("raw")}`, way: "take" },
      } as const;
      for (const way of Object.values(ways)) await timeOf(load, way, WARM_UP_MIB);
      const times = { upload: [], rawUpload: [], download: [], rawDownload: [] } as Record<
        keyof typeof ways,
        number[]
      >;
      const before = residentMiB(server.pid);
      forgetPeak(server.pid);
      for (const _ of range(ROUNDS)) {
        for (const name of ["rawUpload", "upload", "rawDownload", "download"] as const) {
          times[name].push(await timeOf(load, ways[name], FILE_MIB));
        }
      }
      const memory = peakMiB(server.pid) - before;
      const upload = ratio(times.rawUpload, times.upload);
      const download = ratio(times.rawDownload, times.download);
      const rate = (each: readonly number[]) => (FILE_MIB * 1_000) / median(each);
      return {
        shown:
          `upload ${upload.toFixed(2)} (${rate(times.upload).toFixed(0)} MiB/s, raw ${rate(times.rawUpload).toFixed(0)}), ` +
          `download ${download.toFixed(2)} (${rate(times.download).toFixed(0)} MiB/s, raw ${rate(times.rawDownload).toFixed(0)}), ` +
          `memory ${memory.toFixed(1)} MiB more`,
        good: Math.min(upload, download) >= MIN_RATIO && memory <= MAX_MEMORY_MIB,
        values: {
          upload_ratio: rounded(upload),
          download_ratio: rounded(download),
          upload_mib_per_s: rounded(rate(times.upload)),
          download_mib_per_s: rounded(rate(times.download)),
          memory_mib: rounded(memory),
        },
      };
    } finally {
      await Promise.all([server.stop(), raw.stop(), load.stop()]);
    }
  },
};

function timeOf(load: Child, way: { url: string; way: string }, mebibytes: number): Promise<number> {
  return load.ask<number>({ ...way, bytes: mebibytes * MIB });
}

/** The rounds are compared one by one: what else the machine does then weighs on both. */
function ratio(raw: readonly number[], own: readonly number[]): number {
  return median(raw.map((each, round) => each / (own[round] as number)));
}

/** Linux keeps the highest resident size of a process, and begins again when it is asked to. */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function peakMiB(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return (Number(found?.[1]) * 1024) / MIB;
}
