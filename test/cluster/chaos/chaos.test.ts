import { afterAll, beforeAll, expect, it } from "vitest";
import { type ChaosCluster, openChaosCluster } from "./chaos.ts";

/** `npm run chaos` plays others, for as long as you like. */
const SEED = 15;

let cluster: ChaosCluster;
beforeAll(async () => {
  cluster = await openChaosCluster();
}, 300_000);
afterAll(() => cluster.close());

it("three nodes lose nothing, repeat nothing and all go on, while nodes, links and the database fail", async () => {
  const report = await cluster.play({ seed: SEED, milliseconds: 60_000, conversations: 18 });
  const { faults, schedule } = report;
  const story = `npm run chaos -- --seed ${SEED}\n${schedule.join("\n")}\n${cluster.log().slice(-5_000)}`;
  expect(faults, story).toEqual([]);
  expect(report.takeovers).toBeGreaterThan(0);
  expect(report.acknowledged).toBeGreaterThan(report.calls);
}, 600_000);
