/** Limits of callers. */
export const LIMIT = {
  value: "NAME=NUMBER",
  multiple: true,
  about:
    "a limit: requests_per_minute, sockets, runs, tokens_per_hour, tokens_per_day, cost_per_hour or cost_per_day. For a server that of each principal, for a key its own",
} as const;
