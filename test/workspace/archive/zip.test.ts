import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { type ZipEntry, zip } from "../../../src/workspace/archive/zip.ts";

async function* entries(list: Iterable<ZipEntry>): AsyncGenerator<ZipEntry> {
  yield* list;
}

async function* pieces(...list: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* list;
}

async function made(list: Iterable<ZipEntry>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const piece of zip(entries(list))) chunks.push(piece);
  return Buffer.concat(chunks);
}

const text = (value: string) => new TextEncoder().encode(value);

describe("a zip", () => {
  it("holds files of any size and name, in memory or streamed", async () => {
    const noise = new Uint8Array(300_000).map((_, at) => (at * 2654435761) >>> 13);
    const files: Record<string, Uint8Array> = {
      "d/": new Uint8Array(),
      "d/empty": new Uint8Array(),
      "d/small": text("hello"),
      "d/large": noise,
      "d/ünï\nx": text("named"),
    };
    const kept = Object.entries(files).map(([name, content]) => ({ name, content, modifiedAt: 0 }));
    const streamed = { size: noise.length, pieces: pieces(noise.subarray(0, 9), noise.subarray(9)) };
    const none = { size: 0, pieces: pieces() };
    const archive = await made([
      ...kept,
      { name: "streamed", content: streamed, modifiedAt: Date.now() },
      { name: "nothing", content: none, modifiedAt: Number.MAX_SAFE_INTEGER },
    ]);
    const unpacked = unzipSync(archive);
    expect(Object.keys(unpacked).sort()).toEqual([...Object.keys(files), "nothing", "streamed"].sort());
    for (const [name, content] of Object.entries(files))
      expect(Buffer.compare(unpacked[name] as Uint8Array, content)).toBe(0);
    expect(Buffer.compare(unpacked.streamed as Uint8Array, noise)).toBe(0);
  });

  it("holds more files than the old format could count", async () => {
    const count = 66_000;
    const content = (at: number) => (at === count - 1 ? text("last") : new Uint8Array());
    const list = Array.from({ length: count }, (_, at) => ({
      name: `f/${at}`,
      content: content(at),
      modifiedAt: 0,
    }));
    const unpacked = unzipSync(await made(list));
    expect(Object.keys(unpacked).length).toBe(count);
    expect(Buffer.from(unpacked[`f/${count - 1}`] as Uint8Array).toString()).toBe("last");
  });

  it("of many files lets others work in between", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const content = text("some text ".repeat(50));
    await made(Array.from({ length: 5_000 }, (_, at) => ({ name: `f/${at}`, content, modifiedAt: 0 })));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it("whose source fails, fails", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield text("a");
      throw new Error("gone");
    }
    await expect(
      made([{ name: "a", modifiedAt: 0, content: { size: 2, pieces: failing() } }]),
    ).rejects.toThrow("gone");
  });
});
