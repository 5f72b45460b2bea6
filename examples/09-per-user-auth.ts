// Users who log in reach their own conversations only. Run it with:  npm run example examples/09-per-user-auth.ts

import type { Principal, ServerOptions } from "agent-server";
import { createServer } from "agent-server";

/**
 * Users by their token. A real host would ask its session store or verify a JWT. Without `access`, a user works with the
 * conversations that it has created: others do not exist for it, and nothing of the server itself is shown.
 */
const USERS: Readonly<Record<string, Principal>> = {
  "ada-token": { id: "ada" },
  "bob-token": { id: "bob", access: { scope: "admin" } },
  "eve-token": { id: "eve", access: { scope: "read", conversations: "all" } },
};

export function buildServer(options: ServerOptions = {}) {
  return createServer({
    ...options,
    authenticate: ({ headers }) => {
      const token = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
      return Object.hasOwn(USERS, token) ? (USERS[token] ?? null) : null;
    },
  });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; send "Authorization: Bearer ada-token"`);
}
