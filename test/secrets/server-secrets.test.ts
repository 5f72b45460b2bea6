import { expect, test } from "vitest";
import { ServerSecrets } from "../../src/secrets/server-secrets.ts";

test("values of the server are hidden, those of fewer than 8 characters excepted", async () => {
  const secrets = new ServerSecrets(["session-key", "dev"]);
  expect((await secrets.mask()).mask("/dev/null session-key")).toBe("/dev/null <secret-hidden>");
});

test("of the keys that were in use, the last thousand are hidden", async () => {
  const secrets = new ServerSecrets(["session-key"]);
  for (let key = 0; key <= 1_000; key++) {
    secrets.remember(`provider-key-${key};`);
    secrets.remember("provider-key-0;");
  }
  const mask = await secrets.mask();
  expect(mask.mask("session-key provider-key-0; provider-key-1; provider-key-2; provider-key-1000;")).toBe(
    "<secret-hidden> <secret-hidden> provider-key-1; <secret-hidden> <secret-hidden>",
  );
});

test("keys are remembered up to a total of 262,144 characters, and none of over 65,536", async () => {
  const secrets = new ServerSecrets();
  const keys = Array.from({ length: 5 }, (_, key) => `${key}`.repeat(60_000));
  for (const key of [...keys, "x".repeat(10_000_000)]) secrets.remember(key);
  const mask = await secrets.mask();
  expect(keys.map((key) => mask.mask(key) === key)).toEqual([true, false, false, false, false]);
});
