import { expect, it, onTestFinished } from "vitest";
import type { LiveConversation } from "../../../src/conversations/live/live-conversation.ts";
import { Reopenings } from "../../../src/conversations/live/reopenings.ts";
import { AgentServerError } from "../../../src/errors.ts";
import { until } from "../open-manager.ts";

const ID = "0a0b0c0d-0001-4000-8000-00000000000a";

/** Attempts that fail with these errors, one after the other, and then succeed. */
function openReopenings(errors: unknown[]) {
  const failed: unknown[] = [];
  const attempts = { made: 0, repaired: 0 };
  const conversation = {
    recover: async () => {},
    keeper: { publishFullState: () => (attempts.repaired += 1) },
  } as unknown as LiveConversation;
  const reopenings = new Reopenings({
    use: async (_, work) => {
      attempts.made += 1;
      if (errors.length > 0) throw errors.shift();
      await work(conversation);
    },
    failed: (_, error) => failed.push(error),
  });
  onTestFinished(() => reopenings.close());
  return { reopenings, attempts, failed };
}

it.each([
  ["an error of its own", new Error("SQLITE_IOERR")],
  ["the answer that it is unavailable", new AgentServerError("unavailable", "The disk is full")],
])("a store that fails with %s is tried again, and reported once", async (_, error) => {
  const { reopenings, attempts, failed } = openReopenings([error, error]);
  reopenings.begin(ID);
  await until(() => attempts.repaired === 1);
  expect([attempts.made, failed]).toEqual([3, [error]]);
});

it("a conversation that is refused is not tried again", async () => {
  const refusal = new AgentServerError("not_found", "It was deleted");
  const { reopenings, attempts, failed } = openReopenings([refusal]);
  reopenings.begin(ID);
  await until(() => attempts.made === 1);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect([attempts, failed]).toEqual([{ made: 1, repaired: 0 }, []]);
});
