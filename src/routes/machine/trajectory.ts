import { z } from "zod";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { AgentServerError } from "../../errors.ts";
import { bytes } from "../../http/content/bytes.ts";
import { attachment } from "../../http/content/disposition.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { isUuid, toDashed, toHex, uuid } from "../../wire/ids.ts";
import { notFound } from "../conversation-params.ts";
import { conversationScope } from "./machine-scope.ts";
import { answerMade } from "./made-body.ts";

const shared = {
  method: "GET",
  path: "/download-trajectory/{conversation_id}",
  id: "download_trajectory",
  summary: "Get everything that is stored of a conversation as a zip, without secrets",
  responses: { 200: bytes("application/octet-stream", "The zip"), 404: notFound },
} as const;

const fileGroup = { tags: ["Files"], auth: "key" } as const;

/** `…/file/download-trajectory/{id}`: a conversation as a zip. Opens no conversation, below its own path either. */
export function trajectoryRoutes(conversations: ConversationManager): Route[] {
  const scope = conversationScope(conversations);
  const ofServer = group({ ...fileGroup, access: "read:conversation", prefix: "/api/file" });
  const ofConversation = group({
    ...fileGroup,
    access: scope.access("read"),
    prefix: `${scope.prefix}/file`,
    params: scope.params,
  });
  return [
    ofServer({ ...shared, params: z.object({ conversation_id: uuid }) }).handle(({ params }) =>
      answer(conversations, params.conversation_id),
    ),
    ofConversation({
      ...shared,
      // Any text: another id than that of the conversation has an answer of its kind.
      params: z.object({ conversation_id: z.string().meta({ format: "uuid" }) }),
    }).handle(async ({ params }) => {
      const { runtime_conversation_id: id } = z.object({ runtime_conversation_id: uuid }).parse(params);
      await conversations.events.count(id);
      if (!isUuid(params.conversation_id)) throw refusal("Invalid trajectory conversation id");
      if (toDashed(params.conversation_id) === id) return answer(conversations, id);
      throw refusal("Trajectory must belong to the selected conversation");
    }),
  ];
}

async function answer(conversations: ConversationManager, id: string): Promise<Response> {
  const { zip } = await import("../../workspace/archive/zip.ts");
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": attachment(`${toHex(id)}.zip`),
  };
  const { response } = await assertKnown(answerMade({ pieces: zip(conversations.trajectory(id)), headers }));
  return response;
}

async function assertKnown<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
    throw new AgentServerError("not_found", "Conversation not found");
  }
}

function refusal(detail: string): AgentServerError {
  return new AgentServerError("unprocessable", detail);
}
