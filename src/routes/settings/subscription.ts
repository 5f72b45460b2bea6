import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { ChatGptSubscription } from "../../settings/subscription/chatgpt-subscription.ts";
import { DEVICE_LOGINS_ID } from "../../settings/subscription/device-logins.ts";
import {
  devicePollRequest,
  deviceStartResponse,
  subscriptionModels,
  subscriptionStatus,
} from "../../wire/settings/subscription.ts";
import { errorBody } from "../../wire/validation-error.ts";

const subscriptionRoute = group({
  prefix: "/api/llm/subscription/openai",
  tags: ["LLM"],
  auth: "key",
  access: "admin",
});

/** Sign-ins that wait are in the memory of one server. */
const ofTheKeeper = { runsOn: "holder", claimedId: () => DEVICE_LOGINS_ID } as const;

const unavailable = { description: "The issuer does not answer as it should", body: errorBody } as const;

/** `/api/llm/subscription/openai`: sign-in with a ChatGPT subscription. Tokens never leave the server. */
export function subscriptionRoutes(subscription: () => Promise<ChatGptSubscription>): Route[] {
  return [
    subscriptionRoute
      .lazy(
        {
          method: "GET",
          path: "/models",
          id: "list_openai_subscription_models",
          summary: "List the models of a subscription",
        },
        () => ({ responses: { 200: { description: "Sorted", body: subscriptionModels() } } }),
      )
      .handle(async () => ({
        status: 200,
        body: { vendor: "openai", models: (await subscription()).models() },
      })),

    subscriptionRoute
      .lazy(
        {
          method: "GET",
          path: "/status",
          id: "get_openai_subscription_status",
          summary: "Tell whether the user is signed in",
        },
        () => ({
          responses: {
            200: { description: "A token that is over is renewed first", body: subscriptionStatus() },
          },
        }),
      )
      .handle(async () => ({ status: 200, body: await (await subscription()).status() })),

    subscriptionRoute
      .lazy(
        {
          method: "POST",
          path: "/device/start",
          id: "start_openai_subscription_device_login",
          ...ofTheKeeper,
          summary: "Begin a sign-in on another device",
        },
        () => ({
          responses: {
            200: { description: "The code that the user enters", body: deviceStartResponse() },
            503: unavailable,
          },
        }),
      )
      .handle(async () => ({ status: 200, body: await (await subscription()).start() })),

    subscriptionRoute
      .lazy(
        {
          method: "POST",
          path: "/device/poll",
          id: "poll_openai_subscription_device_login",
          ...ofTheKeeper,
          summary: "Ask whether a sign-in is confirmed",
        },
        () => ({
          body: devicePollRequest(),
          responses: {
            200: { description: "Connected once it is", body: subscriptionStatus() },
            404: { description: "There is no such sign-in any more", body: errorBody },
            503: unavailable,
          },
        }),
      )
      .handle(async ({ body: { device_code: code } }) => ({
        status: 200,
        body: await (await subscription()).poll(code),
      })),

    subscriptionRoute
      .lazy(
        {
          method: "POST",
          path: "/logout",
          id: "logout_openai_subscription",
          ...ofTheKeeper,
          summary: "Forget the tokens of the user",
        },
        () => ({ responses: { 200: { description: "Not connected", body: subscriptionStatus() } } }),
      )
      .handle(async () => ({ status: 200, body: await (await subscription()).logout() })),
  ];
}
