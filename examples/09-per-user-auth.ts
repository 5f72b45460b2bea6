// Users who log in reach their own conversations only. Run it with:  npm run example examples/09-per-user-auth.ts

import type { Principal, ServerOptions, Stage, Store } from "agent-server";
import { AgentServerError, createServer, memoryStore } from "agent-server";

/** Users by their token. A real host would ask its session store or verify a JWT. */
const USERS: Readonly<Record<string, Principal>> = {
  "ada-token": { id: "ada" },
  "bob-token": { id: "bob", scopes: ["admin"] },
};

function userOf(request: Request): Principal | null {
  const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  return Object.hasOwn(USERS, token) ? (USERS[token] ?? null) : null;
}

/** Refuses everything but a new conversation and those of the user, except to admins: no lists, no commands on the server. */
function ownConversationsOnly(store: Store): Stage {
  return async (request, next, { pathname, route }) => {
    const user = userOf(request);
    // Requests without a user are left to `authenticate`.
    if (user === null || user.scopes?.includes("admin")) return next();
    const id = conversationIn(pathname);
    if (id !== undefined) {
      const [record] = await store.conversations.find([toDashed(id)], []);
      if (record !== undefined && record.createdBy !== user.id) throw new AgentServerError("not_found");
    } else if (isShared(pathname) && route?.id !== "start_conversation") {
      throw new AgentServerError("forbidden", "only admins may do this");
    }
    return next();
  };
}

/** The id of the conversation that a route or a socket is about. */
function conversationIn(pathname: string): string | undefined {
  const [, rest = ""] = /^\/(?:api\/conversations|sockets\/(?:events|session))\/(.*)/.exec(pathname) ?? [];
  return /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}(?=\/|$)/i.exec(rest)?.[0];
}

/** Routes and sockets that belong to no conversation, such as lists, `/api/bash` and `/sockets/bash-events`. */
function isShared(pathname: string): boolean {
  return /^\/(api|sockets)(\/|$)/.test(pathname);
}

function toDashed(id: string): string {
  return id.toLowerCase().replace(/^(.{8})-?(.{4})-?(.{4})-?(.{4})-?/, "$1-$2-$3-$4-");
}

export function buildServer({ store = memoryStore(), ...options }: ServerOptions = {}) {
  return createServer({ ...options, store, authenticate: userOf, stages: [ownConversationsOnly(store)] });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; send "Authorization: Bearer ada-token"`);
}
