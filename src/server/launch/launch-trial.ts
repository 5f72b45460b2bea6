import type { LaunchTrial } from "../../settings/launch/profile-launches.ts";
import { ALWAYS_TOOLS, IMAGE_TOOL } from "../../tools/catalogue.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import { isOptionalTool } from "../../tools/toolbox/absent-tools.ts";

/** Judges agents by the tools of a server, and by what its conversations refuse. */
export function launchTrial(tools: () => ToolRegistry): LaunchTrial {
  const named = Object.entries(ALWAYS_TOOLS).flatMap(([name, tool]) => [name, tool.name]);
  const always = new Set([...named, ...IMAGE_TOOL]);
  return {
    useOf(name) {
      if (tools().isUsable(name) || always.has(name)) return "usable";
      return tools().has(name) || isOptionalTool(name) ? "absent" : "unknown";
    },
    async refusalOf(settings, now) {
      const { refusalOf } = await import("../../conversations/launch/trial-launch.ts");
      return refusalOf(settings, { tools: tools(), now });
    },
  };
}
