import { z } from "zod";
import { once } from "../../once.ts";

/** Answer of `GET /api/llm/subscription/openai/models`. */
export const subscriptionModels = once(() =>
  z
    .object({ vendor: z.string().default("openai"), models: z.array(z.string()) })
    .meta({ id: "SubscriptionModelsResponse" }),
);

/** Whether the user is signed in. */
export const subscriptionStatus = once(() =>
  z
    .object({
      vendor: z.string().default("openai"),
      connected: z.boolean(),
      account_email: z.string().nullable().default(null),
      expires_at: z.int().nullable().default(null).describe("Milliseconds since 1970"),
    })
    .meta({ id: "SubscriptionStatusResponse" }),
);

export type SubscriptionStatus = z.output<ReturnType<typeof subscriptionStatus>>;

/** Code and address by which a user signs in on another device. */
export const deviceStartResponse = once(() =>
  z
    .object({
      device_code: z.string().describe("Stands for the sign-in in polls"),
      user_code: z.string(),
      verification_uri: z.string(),
      verification_uri_complete: z.string().nullable().default(null),
      expires_at: z.int().describe("Milliseconds since 1970"),
      interval_seconds: z.int().describe("Time between two polls"),
    })
    .meta({ id: "SubscriptionDeviceStartResponse" }),
);

export type DeviceStartResponse = z.output<ReturnType<typeof deviceStartResponse>>;

/** Body of `POST /api/llm/subscription/openai/device/poll`. */
export const devicePollRequest = once(() =>
  z.object({ device_code: z.string() }).meta({ id: "SubscriptionDevicePollRequest" }),
);
