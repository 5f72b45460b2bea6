import type { Difference } from "./difference.ts";

/** What MCP servers do otherwise. */
export const MCP_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["several MCP servers"],
    at: [
      'log.0 SystemPromptEvent.tools.*.meta: {"fastmcp":{"tags":[]}} -> absent',
      'log.0 SystemPromptEvent.tools.*.mcp_tool._meta: {"fastmcp":{"tags":[]}} -> absent',
    ],
    reason: "tools are shown as their servers describe them; a library of the reference adds this",
  },
  {
    scenarios: ["an MCP server that does not start"],
    at: [
      "log.MessageEvent: absent -> *",
      "frames.MessageEvent: absent -> *",
      'log.* *.id: "<MessageEvent 1>" -> "<MessageEvent 2>"',
      'frames.* *.id: "<MessageEvent 1>" -> "<MessageEvent 2>"',
      'log.* *parent_id: "<*Event 1>" -> "<MessageEvent *>"',
      'log.* *.value: "<MessageEvent 1>" -> "<MessageEvent 2>"',
      '*last_user_message_id: "<MessageEvent 1>" -> "<MessageEvent 2>"',
    ],
    reason:
      "model and user learn which server is missing, and why; the reference writes it into its own log alone",
  },
  {
    scenarios: ["arguments of an MCP tool"],
    at: ['log.* ActionEvent.tool_call.arguments.a: "1" -> 1', "log.* ActionEvent.summary: *"],
    reason: "a number in quotes is repaired before the call is written down, as with every tool",
  },
  {
    scenarios: ["secrets of MCP servers and their tools"],
    at: [
      "log.ConversationStateUpdateEvent agent: *",
      "frames.ConversationStateUpdateEvent agent: *",
      '*parent_id: "__root__" -> absent',
      "*agent.mcp_config.small.env: absent -> {}",
    ],
    reason:
      "the configuration stays as it was given, and its references are looked up at each start: no value is stored with the " +
      "agent, and a secret that is set anew is used",
  },
  {
    scenarios: ["MCP tools of every form"],
    at: ["log.13 ObservationEvent.observation.*"],
    reason: "a result in another form than the server announced is shown to the model, which can use it",
  },
  {
    scenarios: ["an MCP server that ends during a call"],
    at: ["log.* ObservationEvent.observation.*"],
    reason: "the model learns what the server said last, and the next call starts it again",
  },
  {
    scenarios: ["requests to test an MCP server that are refused"],
    at: ['answers.*.body.detail.0.loc.*: "*" -> *', "answers.*.body.detail.0.input.type: * -> absent"],
    reason: "a fault is placed in the request as it was sent, without the kind of server in between",
  },
];
