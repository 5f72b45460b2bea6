import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { readableText } from "../../../../src/wire/events/message.ts";

it("a run that waits for its turn does not begin once its conversation is paused", {
  timeout: 120_000,
}, async () => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const llm = scriptedLlm(async (request) => {
    const text = readableText(request.messages.at(-1)?.content ?? []);
    if (text === "First.") await mayEnd;
    return say(`Heard: ${text}`);
  });
  await using server = await createTestServer({
    llm,
    maxConcurrentRuns: 1,
    maxQueuedRuns: 1,
    patience: 60_000,
  });
  const first = await server.start("First.");
  await expect.poll(() => llm.requests.length).toBe(1);
  const second = await server.start("Second.");
  await (await server.conversations.open(second.id)).pause();
  expect((await server.conversations.get(second.id)).execution_status).toBe("paused");
  end();
  await first.expectFinished();
  // Its place is free: the next run takes it.
  const third = await server.start("Third.");
  await third.expectFinished("Heard: Third.");
  expect((await server.conversations.get(second.id)).execution_status).toBe("paused");
  expect(llm.requests).toHaveLength(2);
  await second.run();
  await second.expectFinished("Heard: Second.");
});
