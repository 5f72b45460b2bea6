import { AgentServerError } from "../errors.ts";
import type { OpenPage } from "../http/endpoints.ts";

/** The paths of the inspector, whose code is loaded with its first page. None where it was not asked for. */
export function inspectorPages({ inspector }: { inspector: boolean }): OpenPage[] {
  if (!inspector) return [];
  return [
    ["/inspector", async () => (await import("../inspector/inspector-page.ts")).inspectorPage()],
    ["/inspector/{file}", async (_request, { params }) => fileAnswer(params.file ?? "")],
  ];
}

async function fileAnswer(name: string) {
  const [{ inspectorFile }, { inspectorScript }] = await Promise.all([
    import("../inspector/inspector-page.ts"),
    import("../node/inspector-script.ts"),
  ]);
  const answer = await inspectorFile(name, { script: inspectorScript });
  if (answer === undefined) throw new AgentServerError("not_found");
  return answer;
}
