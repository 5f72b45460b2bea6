import { expect, it } from "vitest";
import { Errands } from "../../../src/cluster/forwarding/errands.ts";
import { Owners } from "../../../src/cluster/forwarding/owners.ts";
import { NodeOwnership } from "../../../src/cluster/node-ownership.ts";
import { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { ownershipLost } from "../../../src/stores/refusals.ts";

const ID = "00000000-0000-4000-8000-000000000001";

/** The errands of a server that holds nothing, and what makes it end. */
function startErrands() {
  const ending = new AbortController();
  const address = "http://127.0.0.1:1";
  const ownership = new NodeOwnership({
    ownership: new LocalOwnership(),
    address,
    askToYield: async () => {},
  });
  const conversations = { has: () => false, hold: async () => undefined };
  const owners = new Owners({ ownership, conversations, isLeaving: () => false, now: () => Date.now() });
  const errands = new Errands({
    ...{ owners, ownership, address, ending: ending.signal },
    now: () => Date.now(),
  });
  return { errands, ending };
}

/** An errand that is done here, if anywhere. */
const errandOf = <T>(here: () => Promise<T>) => ({
  wanted: { id: ID, isTaken: true },
  isRepeatable: () => true,
  canTurnAway: () => true,
  here,
  there: async () => ({ kind: "elsewhere" as const }),
});

it("what a server could not write because it counted as dead is looked for again, and no client hears of it", async () => {
  const { errands } = startErrands();
  let tries = 0;
  const done = errands.run(
    errandOf(async () => {
      tries += 1;
      if (tries === 1) throw ownershipLost();
      return "stored";
    }),
  );
  expect([await done, tries]).toEqual(["stored", 2]);
});

it("a server whose port closes next answers at once what waits for its node", async () => {
  const { errands, ending } = startErrands();
  let tries = 0;
  const waiting = errands.run(
    errandOf(async () => {
      tries += 1;
      throw ownershipLost();
    }),
  );
  const refused = expect(waiting).rejects.toMatchObject({
    code: "unavailable",
    headers: { "retry-after": "1" },
  });
  await expect.poll(() => tries).toBeGreaterThan(1);
  ending.abort();
  await refused;
  const before = tries;
  await expect(errands.run(errandOf(async () => Promise.reject(ownershipLost())))).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(tries).toBe(before);
});

it("what may not be done twice is not, though its last write was refused: others may have been made before", async () => {
  const { errands } = startErrands();
  let tries = 0;
  const errand = errandOf(async () => {
    tries += 1;
    throw ownershipLost();
  });
  const refused = errands.run({ ...errand, isRepeatable: () => false });
  await expect(refused).rejects.toMatchObject({ code: "ownership_lost" });
  expect(tries).toBe(1);
});
