import { z } from "zod";
import { nullable } from "../nullable.ts";

const MIB = 1024 * 1024;
const count = z.int().min(1);

/** A receiver of what happens in conversations, as it is configured. */
export const webhookSpec = z
  .object({
    event_buffer_size: count
      .default(5)
      .describe("Events with which a request is made, and that it has at most"),
    base_url: z.string().describe("Address to which /events/{id} and /conversations are added"),
    headers: z.record(z.string(), z.string()).default({}),
    flush_delay: z.number().positive().default(30).describe("Seconds after which fewer events are sent"),
    num_retries: z.int().min(0).default(3).describe("Attempts after the first"),
    retry_delay: z.int().min(0).default(5).describe("Seconds between two attempts"),
    max_queue_size: count.default(1_000).describe("Messages that wait; the oldest are dropped past it"),
    max_batch_bytes: count.default(5 * MIB).describe("Bytes of a request; a longer event goes alone"),
    max_queue_bytes: count.default(50 * MIB).describe("Bytes that wait; the oldest are dropped past it"),
    secret: nullable(z.string()).describe("Key of the signature of each request. Not in the reference"),
  })
  .meta({ id: "WebhookSpec" });

/** A receiver of what happens in conversations, as it is configured. */
export type WebhookSpec = z.output<typeof webhookSpec>;
