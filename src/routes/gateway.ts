import { z } from "zod";
import type { Clock } from "../clock.ts";
import { AgentServerError } from "../errors.ts";
import type { Gateway, GatewayAsk } from "../gateway/gateway.ts";
import { group } from "../http/route/group.ts";
import type { Route, RouteInput } from "../http/route/route.ts";
import { validate, validationError } from "../http/route/validation.ts";
import { chatCompletion, chatCompletionRequest } from "../wire/gateway/chat-completions.ts";
import { gatewayModels } from "../wire/gateway/models.ts";
import { openAiResponse, responseRequest } from "../wire/gateway/responses.ts";
import { toHex, uuid } from "../wire/ids.ts";
import { errorBody } from "../wire/validation-error.ts";
import { busy, refused } from "./conversation-params.ts";
import { observabilityIn } from "./observability-headers.ts";

export interface GatewayDeps {
  /** Loaded when it is first asked. */
  gateway(): Promise<Gateway>;
  clock: Clock;
}

const CONVERSATION_ID = "X-OpenHands-ServerConversation-ID";

const observabilityHeaders = {
  "X-OpenHands-Observability-Span-Name": "Name of the span of a new conversation",
  "X-OpenHands-Observability-Tags": "Tags of a new conversation; separated by commas",
  "X-OpenHands-Observability-Metadata": "JSON object, metadata of a new conversation",
  "X-OpenHands-Observability-Parent-Span-Context": "Span in which a new conversation is begun",
} as const;

const gatewayRoute = group({
  prefix: "/v1",
  tags: ["OpenAI Compatibility"],
  auth: ["key", "bearer"],
  access: "write:reachable",
});

const failures = () =>
  ({
    400: refused,
    404: { description: "No such model", body: errorBody },
    409: { description: "No agent is active, or it waits for its user", body: errorBody },
    429: busy,
  }) as const;

/** `/v1`: the active agent for clients of OpenAI's API. */
export function gatewayRoutes({ gateway, clock }: GatewayDeps): Route[] {
  const newId = () => toHex(clock.newId());
  return [
    gatewayRoute
      .lazy(
        {
          method: "GET",
          path: "/models",
          id: "get_openai_models",
          access: "read",
          summary: "List the LLM profiles as models",
        },
        () => ({ responses: { 200: { description: "The models", body: gatewayModels() } } }),
      )
      .handle(async () => {
        const ids = await (await gateway()).models();
        const about = { created: 0, object: "model", owned_by: "openhands", shutdown_date: null } as const;
        return { status: 200, body: { object: "list", data: ids.map((id) => ({ id, ...about })) } };
      }),

    gatewayRoute
      .lazy(
        {
          method: "POST",
          path: "/chat/completions",
          id: "create_chat_completion",
          runsOn: "owner",
          claimedId: ({ headers }) => headers.get(CONVERSATION_ID) ?? undefined,
          summary: "Say something to the active agent and wait for its answer",
          headers: {
            [CONVERSATION_ID]: "Id of the conversation that goes on, or of the one to begin",
            ...observabilityHeaders,
          },
        },
        () => ({
          body: chatCompletionRequest(),
          responses: {
            200: { description: "The answer; with `stream`, as server-sent events", body: chatCompletion() },
            ...failures(),
          },
        }),
      )
      .handle(({ body, ...input }) =>
        forOpenAiClients(async () => {
          const { chatPrompt } = await import("../gateway/chat-prompt.ts");
          const { chatStream, toChatCompletion } = await import("../gateway/answers.ts");
          const conversationId = conversationIdIn(input.request.headers);
          const about = aboutOf(input);
          const answer = await (await gateway()).ask({ prompt: chatPrompt(body), conversationId, ...about });
          const completion = toChatCompletion(answer, { model: body.model, id: newId(), at: clock.now() });
          const headers = { [CONVERSATION_ID]: answer.conversationId };
          if (!body.stream) return { status: 200, body: completion, headers };
          const includeUsage = body.stream_options?.include_usage ?? false;
          return new Response(chatStream(completion, { includeUsage }), {
            headers: { ...headers, "Content-Type": "text/event-stream; charset=utf-8" },
          });
        }),
      ),

    gatewayRoute
      .lazy(
        {
          method: "POST",
          path: "/responses",
          id: "create_response",
          summary: "Begin a conversation with the active agent and wait for its answer",
          headers: observabilityHeaders,
        },
        () => ({
          body: responseRequest(),
          responses: { 200: { description: "The answer", body: openAiResponse() }, ...failures() },
        }),
      )
      .handle(({ body, ...input }) =>
        forOpenAiClients(async () => {
          const { responsePrompt } = await import("../gateway/response-prompt.ts");
          const { toResponse } = await import("../gateway/answers.ts");
          const startedAt = clock.now();
          const about = aboutOf(input);
          const answer = await (await gateway()).ask({ prompt: responsePrompt(body), ...about });
          const facts = { id: newId(), messageId: newId(), startedAt, at: clock.now() };
          return {
            status: 200,
            body: toResponse(answer, { request: body, ...facts }),
            headers: { [CONVERSATION_ID]: answer.conversationId },
          };
        }),
      ),
  ];
}

/** Adds to a refusal what clients of OpenAI's API show of it. They do not read `detail`. */
async function forOpenAiClients<T>(work: () => Promise<T>): Promise<T | Response> {
  try {
    return await work();
  } catch (error) {
    if (!AgentServerError.is(error) || error.status >= 500) throw error;
    const { status, code, detail, headers } = error;
    const type = status === 429 ? "rate_limit_error" : "invalid_request_error";
    return Response.json(
      { detail, error: { message: error.message, type, param: null, code } },
      { status, headers },
    );
  }
}

function aboutOf({
  request,
  caller: { principal, reach },
}: Pick<RouteInput<object>, "request" | "caller">): Omit<GatewayAsk, "prompt"> {
  return {
    observability: observabilityIn(request.headers),
    createdBy: principal?.id,
    reach,
    signal: request.signal,
  };
}

/** @throws AgentServerError `unprocessable` for a header that is not a UUID */
function conversationIdIn(headers: Headers): string | undefined {
  const given = headers.get(CONVERSATION_ID);
  if (given === null) return undefined;
  const read = validate(z.object({ [CONVERSATION_ID]: uuid }), { [CONVERSATION_ID]: given }, "header");
  if (read.items !== undefined) throw validationError(read.items);
  return read.value[CONVERSATION_ID];
}
