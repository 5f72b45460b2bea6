import { describe, expect, it } from "vitest";
import { MembershipProofs } from "../../src/cluster/membership-proof.ts";

const HERE = "http://10.0.0.1:8000";
const THERE = "http://10.0.0.2:8000";
const REQUEST = { method: "POST", target: "/api/conversations/1/run?x=1" };

const proofs = (address: string, { secretKeys = ["secret"], now = 1_000_000 } = {}) =>
  new MembershipProofs({ secretKeys, address, now: () => now });

describe("a proof that a node has sent a request", () => {
  const proof = proofs(HERE).proofFor(REQUEST, THERE);

  it("is accepted by the node it was made for", () => {
    expect(proofs(THERE).accepts(proof, REQUEST)).toBe(true);
  });

  it("is good for this method, this path with its query, and this node only", () => {
    expect(proofs(THERE).accepts(proof, { ...REQUEST, method: "GET" })).toBe(false);
    expect(proofs(THERE).accepts(proof, { ...REQUEST, target: "/api/conversations/1/run?x=2" })).toBe(false);
    expect(proofs(THERE).accepts(proof, { ...REQUEST, target: "/api/conversations/2/run?x=1" })).toBe(false);
    expect(proofs(HERE).accepts(proof, REQUEST)).toBe(false);
  });

  it("is good for half a minute, whichever of the two clocks is ahead", () => {
    for (const [now, isGood] of [
      [1_030_000, true],
      [1_030_001, false],
      [970_000, true],
      [969_999, false],
    ] as const) {
      expect([now, proofs(THERE, { now }).accepts(proof, REQUEST)]).toEqual([now, isGood]);
    }
  });

  it("cannot be made without a secret key of the cluster", () => {
    const forged = proofs(HERE, { secretKeys: ["another"] }).proofFor(REQUEST, THERE);
    expect(proofs(THERE).accepts(forged, REQUEST)).toBe(false);
    const [time = "", signature = ""] = proof.split(".");
    const attempts = [
      ...["", ".", "x", time, `${time}.`, `${Number(time) + 1}.${signature}`, `${proof}.1`],
      ...[
        `${time}.${"A".repeat(43)}`,
        `${time}.${signature.slice(1)}`,
        `-${proof}`,
        `${"9".repeat(400)}.${signature}`,
      ],
    ];
    for (const attempt of attempts)
      expect([attempt, proofs(THERE).accepts(attempt, REQUEST)]).toEqual([attempt, false]);
  });

  it("is accepted during the replacement of a key, from either side", () => {
    const renewed = { secretKeys: ["new", "secret"] };
    const prepared = { secretKeys: ["secret", "new"] };
    expect(proofs(THERE, renewed).accepts(proof, REQUEST)).toBe(true);
    const proofOfNew = proofs(HERE, renewed).proofFor(REQUEST, THERE);
    expect(proofs(THERE, prepared).accepts(proofOfNew, REQUEST)).toBe(true);
    expect(proofs(THERE).accepts(proofOfNew, REQUEST)).toBe(false);
  });
});
