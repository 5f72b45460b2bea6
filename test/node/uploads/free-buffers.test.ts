import { expect, it } from "vitest";
import { freeBuffers } from "../../../src/node/uploads/free-buffers.ts";

const MIB = 1024 * 1024;

it("the buffers of a large body do not gather", async () => {
  const passed = await freeBuffers();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let piece = 0; piece < 100 * 16; piece += 1) {
    passed(new Uint8Array(MIB / 16).length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most / MIB).toBeLessThan(16);
});
