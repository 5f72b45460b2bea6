// Users with a budget each: an agent that has used it up is paused. Run it with:  npm run example examples/20-budget-per-user.ts

import type { Principal, ServerOptions } from "agent-server";
import { createServer } from "agent-server";

/** Users by their token. A real host would ask its session store or verify a JWT. */
const USERS: Readonly<Record<string, Principal>> = { "ada-token": { id: "ada" }, "bob-token": { id: "bob" } };

export function buildServer(options: ServerOptions = {}) {
  return createServer({
    ...options,
    authenticate: (request) => {
      const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
      return Object.hasOwn(USERS, token) ? (USERS[token] ?? null) : null;
    },
    budgets: {
      // An agent that went astray is paused; its user may start it again, for another 50 steps and half an hour.
      conversation: { steps: 50, seconds: 1800 },
      // What a user may spend on all conversations together, until the operator raises it.
      principal: { cost: 20, final: true },
      ...options.budgets,
    },
  });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; send "Authorization: Bearer ada-token"`);
}
