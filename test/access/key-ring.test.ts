import { expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { KeyRing } from "../../src/server/access/key-ring.ts";
import type { AccessKeys } from "../../src/settings/access-keys/access-keys.ts";
import type { StoredAccessKey } from "../../src/settings/access-keys/key-collection.ts";
import { accessKeyDigest, newAccessKey } from "../../src/settings/access-keys/key-text.ts";

it("a key that is changed while it is read is not remembered as it was", async () => {
  const { id, key } = newAccessKey();
  const record: StoredAccessKey = {
    ...{ id, name: "n", scope: "read", owner: null, tags: null, digest: accessKeyDigest(key) },
    ...{
      created_at: "2026-01-01T00:00:00Z",
      last_used_at: null,
      revoked_at: null,
      expires_at: null,
      limits: null,
    },
  };
  const readings: ((found: StoredAccessKey | undefined) => void)[] = [];
  const byId = () => new Promise<StoredAccessKey | undefined>((done) => readings.push(done));
  const noteUse = async () => {};
  const keys = async () => ({ byId, noteUse }) as unknown as AccessKeys;
  const ring = new KeyRing({ keys, logger: silentLogger, now: () => Date.parse("2026-01-02T00:00:00Z") });

  const before = ring.find(key);
  await expect.poll(() => readings.length).toBe(1);
  ring.forget(id);
  readings[0]?.(record);
  expect(await before).toBeDefined();
  const after = ring.find(key);
  await expect.poll(() => readings.length).toBe(2);
  readings[1]?.(undefined);
  expect(await after).toBeUndefined();
});
