import { AGENT_PROFILE_DIFFERENCES } from "./differences/agent-profiles.ts";
import { ASIDE_DIFFERENCES } from "./differences/asides.ts";
import { CONDENSATION_DIFFERENCES } from "./differences/condensation.ts";
import { ACP_DIFFERENCES } from "./differences/delegation/acp.ts";
import { SUB_AGENT_DIFFERENCES } from "./differences/delegation/sub-agents.ts";
import type { Difference } from "./differences/difference.ts";
import { DOCUMENT_DIFFERENCES } from "./differences/documents.ts";
import { APP_DIFFERENCES } from "./differences/edges/apps.ts";
import { GATEWAY_DIFFERENCES } from "./differences/edges/gateway.ts";
import { EDGE_DIFFERENCES } from "./differences/edges/init.ts";
import { HOOK_DIFFERENCES } from "./differences/hooks.ts";
import { MACHINE_DIFFERENCES } from "./differences/machine.ts";
import { MCP_DIFFERENCES } from "./differences/mcp.ts";
import { GROQ_DIFFERENCES } from "./differences/models/groq.ts";
import { MODEL_REQUEST_DIFFERENCES } from "./differences/models/model-requests.ts";
import { MODEL_DIFFERENCES } from "./differences/models/model-tools.ts";
import { PLUGIN_DIFFERENCES } from "./differences/plugins.ts";
import { PROFILE_DIFFERENCES } from "./differences/profiles.ts";
import { REQUEST_DIFFERENCES } from "./differences/requests.ts";
import { RUN_DIFFERENCES } from "./differences/runs.ts";
import { SKILL_DIFFERENCES } from "./differences/skills.ts";
import { BROWSER_DIFFERENCES } from "./differences/tools/browser.ts";
import { FILE_TOOL_DIFFERENCES } from "./differences/tools/file-tools.ts";
import { TOOL_DIFFERENCES } from "./differences/tools.ts";
import { TREE_DIFFERENCES } from "./differences/tree.ts";

/** Where this server answers otherwise than the reference on purpose, and why. */
export const DIFFERENCES: readonly Difference[] = [
  {
    scenarios: "all",
    at: [
      '*SystemPromptEvent.dynamic_context: absent -> {"cache_prompt":false,"type":"text","text":"*"}',
      '*dynamic_context: null -> {"cache_prompt":false,"type":"text","text":"*"}',
    ],
    reason: "the model is told the folder it works in and the time, also when the agent has no context",
  },

  {
    scenarios: ["about the server"],
    at: [
      "answers.*.body.usable_tools.*",
      "answers.*.body.capabilities.*",
      "answers.*.body.*version: *",
      "answers.*.body.build_git_ref: *",
    ],
    reason: "what this server is and has",
  },

  ...ACP_DIFFERENCES,
  ...TOOL_DIFFERENCES,
  ...FILE_TOOL_DIFFERENCES,
  ...BROWSER_DIFFERENCES,
  ...SUB_AGENT_DIFFERENCES,
  ...MCP_DIFFERENCES,
  ...MODEL_DIFFERENCES,
  ...MODEL_REQUEST_DIFFERENCES,
  ...GROQ_DIFFERENCES,
  ...RUN_DIFFERENCES,
  ...ASIDE_DIFFERENCES,
  ...HOOK_DIFFERENCES,
  ...PLUGIN_DIFFERENCES,
  ...APP_DIFFERENCES,
  ...CONDENSATION_DIFFERENCES,
  ...SKILL_DIFFERENCES,
  ...REQUEST_DIFFERENCES,
  ...DOCUMENT_DIFFERENCES,
  ...PROFILE_DIFFERENCES,
  ...MACHINE_DIFFERENCES,
  ...AGENT_PROFILE_DIFFERENCES,
  ...TREE_DIFFERENCES,
  ...GATEWAY_DIFFERENCES,
  ...EDGE_DIFFERENCES,
];
