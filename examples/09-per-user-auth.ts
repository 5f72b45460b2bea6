// Users who log in reach their own conversations only. Run it with:  npm run example examples/09-per-user-auth.ts
import {
  AgentServerError,
  createServer,
  memoryStore,
  type Principal,
  type ServerOptions,
  type Stage,
  type Store,
} from "agent-server";

/** Users by their token. A real host would ask its session store or verify a JWT. */
const USERS: Readonly<Record<string, Principal>> = {
  "ada-token": { id: "ada" },
  "bob-token": { id: "bob", scopes: ["admin"] },
};

function userOf(request: Request): Principal | null {
  const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  return Object.hasOwn(USERS, token) ? (USERS[token] ?? null) : null;
}

/** Refuses conversations of other users, and lists of all conversations, to everyone but admins. */
function ownConversationsOnly(store: Store): Stage {
  return async (request, next, { pathname, route }) => {
    const user = userOf(request);
    // Requests without a user are left to `authenticate`.
    if (user === null || user.scopes?.includes("admin")) return next();
    const [id] = /[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}/i.exec(pathname) ?? [];
    if (id !== undefined) {
      const [record] = await store.conversations.find([toDashed(id)], []);
      if (record !== undefined && record.createdBy !== user.id) throw new AgentServerError("not_found");
    } else if (route?.path.startsWith("/api/conversations") && route.id !== "startConversation") {
      throw new AgentServerError("forbidden", "only admins may list all conversations");
    }
    return next();
  };
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
