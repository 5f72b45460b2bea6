import {
  createTestServer,
  say,
  scriptedLlm,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import type { Receiver } from "./receiver.ts";

export interface WebhookTestOptions extends TestServerOptions {
  webhook?: Partial<NonNullable<TestServerOptions["webhooks"]>[number]>;
}

/** A server whose conversations go to a receiver: each event at once, and with no pause between two attempts. */
export function serverFor(
  { url }: Pick<Receiver, "url">,
  { webhook = {}, ...options }: WebhookTestOptions = {},
): Promise<TestServer> {
  return createTestServer({
    llm: scriptedLlm([say("Hello.")]),
    patience: 60_000,
    webhooks: [{ baseUrl: url, eventBufferSize: 1, retryDelay: 0, flushDelay: 60, ...webhook }],
    ...options,
  });
}

/** Whether a receiver has the state after a run. */
export function isOver(receiver: Receiver): () => boolean {
  return () =>
    receiver
      .events()
      .some(
        ({ key, value }) =>
          key === "full_state" && (value as { execution_status: string }).execution_status === "finished",
      );
}
