import { expect, test } from "vitest";
import { KnownSecrets } from "../../src/secrets/known-secrets.ts";

test("values of the server are hidden, those of fewer than 8 characters excepted", async () => {
  const known = new KnownSecrets(["session-key", "dev"]);
  expect((await known.mask()).mask("/dev/null session-key")).toBe("/dev/null <secret-hidden>");
});

test("of the keys that were in use, the last thousand are hidden", async () => {
  const known = new KnownSecrets(["session-key"]);
  for (let key = 0; key <= 1_000; key++) {
    known.remember(`provider-key-${key};`);
    known.remember("provider-key-0;");
  }
  const mask = await known.mask();
  expect(mask.mask("session-key provider-key-0; provider-key-1; provider-key-2; provider-key-1000;")).toBe(
    "<secret-hidden> <secret-hidden> provider-key-1; <secret-hidden> <secret-hidden>",
  );
});
