import type { Scenario } from "./scenario.ts";
import { analyzerScenarios } from "./scenarios/analyzers.ts";
import { asideScenarios } from "./scenarios/asides/asides.ts";
import { criticScenarios } from "./scenarios/asides/critics.ts";
import { goalScenarios } from "./scenarios/asides/goals.ts";
import { bashScenarios } from "./scenarios/bash.ts";
import { confirmationScenarios } from "./scenarios/confirmation.ts";
import { skillScenarios } from "./scenarios/context/skills.ts";
import { controlScenarios } from "./scenarios/control.ts";
import { acpConversationScenarios } from "./scenarios/delegation/acp.ts";
import { subAgentScenarios, workflowScenarios } from "./scenarios/delegation/sub-agents.ts";
import { appScenarios } from "./scenarios/edges/apps.ts";
import { gatewayScenarios } from "./scenarios/edges/gateway.ts";
import { initScenarios } from "./scenarios/edges/init.ts";
import { sessionSocketScenarios } from "./scenarios/edges/session-sockets.ts";
import { webhookScenarios } from "./scenarios/edges/webhooks.ts";
import { editorScenarios } from "./scenarios/editor.ts";
import { errorScenarios } from "./scenarios/errors.ts";
import { hookScenarios } from "./scenarios/hooks/hooks.ts";
import { boundScenarios } from "./scenarios/limits/bounds.ts";
import { capacityScenarios } from "./scenarios/limits/capacity.ts";
import { condensationScenarios } from "./scenarios/limits/condensation.ts";
import { archiveScenarios } from "./scenarios/machine/archives.ts";
import { fileScenarios } from "./scenarios/machine/files.ts";
import { gitScenarios } from "./scenarios/machine/git.ts";
import { placeScenarios } from "./scenarios/machine/places.ts";
import { mcpScenarios } from "./scenarios/mcp.ts";
import { groqScenarios } from "./scenarios/models/groq.ts";
import { modelRequestScenarios } from "./scenarios/models/model-requests.ts";
import { modelToolScenarios } from "./scenarios/models/model-tools.ts";
import { serviceScenarios } from "./scenarios/models/services.ts";
import { pluginScenarios } from "./scenarios/plugins/plugins.ts";
import { replyScenarios } from "./scenarios/replies.ts";
import { restScenarios } from "./scenarios/rest.ts";
import { secretScenarios } from "./scenarios/secrets.ts";
import { acpScenarios } from "./scenarios/settings/acp.ts";
import { agentProfileScenarios } from "./scenarios/settings/agent-profiles.ts";
import { documentScenarios } from "./scenarios/settings/documents.ts";
import { extensionScenarios } from "./scenarios/settings/extensions.ts";
import { profileScenarios } from "./scenarios/settings/profiles.ts";
import { serverSettingsScenarios } from "./scenarios/settings/server-settings.ts";
import { socketScenarios } from "./scenarios/sockets.ts";
import { startScenarios } from "./scenarios/starts.ts";
import { terminalScenarios } from "./scenarios/terminal.ts";
import { browserScenarios } from "./scenarios/tools/browser.ts";
import { fileToolScenarios } from "./scenarios/tools/file-tools.ts";
import { treeScenarios } from "./scenarios/tree/branches.ts";
import { worktreeScenarios } from "./scenarios/worktrees.ts";
import type { ScriptedModel } from "./scripted-model.ts";

/** The slow ones come first, so that the rest fits beside them. */
export function scenarios(model: Pick<ScriptedModel, "secretUrl" | "pagesUrl">): Scenario[] {
  return [
    ...webhookScenarios,
    ...initScenarios,
    ...appScenarios,
    ...terminalScenarios,
    ...controlScenarios,
    ...acpConversationScenarios,
    ...goalScenarios,
    ...criticScenarios,
    ...asideScenarios,
    ...restScenarios,
    ...bashScenarios,
    ...fileScenarios,
    ...archiveScenarios,
    ...gitScenarios,
    ...placeScenarios,
    ...mcpScenarios,
    ...startScenarios,
    ...condensationScenarios,
    ...worktreeScenarios,
    ...treeScenarios,
    ...boundScenarios,
    ...socketScenarios,
    ...sessionSocketScenarios,
    ...gatewayScenarios,
    ...replyScenarios,
    ...groqScenarios,
    ...modelRequestScenarios,
    ...skillScenarios,
    ...editorScenarios,
    ...fileToolScenarios,
    ...browserScenarios(model),
    ...errorScenarios,
    ...confirmationScenarios,
    ...hookScenarios,
    ...pluginScenarios,
    ...analyzerScenarios,
    ...serviceScenarios,
    ...modelToolScenarios,
    ...subAgentScenarios,
    ...workflowScenarios,
    ...acpScenarios,
    ...agentProfileScenarios,
    ...documentScenarios,
    ...extensionScenarios,
    ...profileScenarios,
    ...capacityScenarios,
    ...secretScenarios(model.secretUrl),
    ...serverSettingsScenarios,
  ];
}
