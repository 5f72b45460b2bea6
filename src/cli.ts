#!/usr/bin/env node
import { UsageError } from "./cli/arguments/usage-error.ts";
import { keepCompiledCode } from "./cli/compile-cache.ts";
import { parseArguments } from "./cli/parse-arguments.ts";
import { messageOf } from "./errors.ts";
import { PACKAGE_VERSION } from "./server/package-version.ts";

keepCompiledCode();
outliveReaders();
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`agent-server: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/**
 * Lets the process go on when what reads its output has ended, such as `head` or a collector of logs: the text is lost, the
 * work is not. An output that could not be written for another reason, such as a full disk, is a failure of the command.
 */
function outliveReaders(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`agent-server: the output could not be written: ${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}

async function main(args: string[]): Promise<void> {
  const command = parseArguments(args);
  switch (command.name) {
    case "help": {
      const { mainHelp, commandHelp } = await import("./cli/arguments/help-text.ts");
      process.stdout.write(command.command === null ? mainHelp() : commandHelp(command.command));
      return;
    }
    case "version":
      process.stdout.write(`${PACKAGE_VERSION}\n`);
      return;
    case "doctor": {
      const { doctor } = await import("./cli/doctor/doctor.ts");
      return doctor(command);
    }
    case "health": {
      const { health } = await import("./cli/doctor/health.ts");
      return health(command);
    }
    case "chat": {
      const { chat } = await import("./cli/chat/chat.ts");
      return chat(command);
    }
    case "completion": {
      const { completion } = await import("./cli/completion/completion.ts");
      return completion(command.shell);
    }
    case "demo": {
      const { demo } = await import("./cli/demo.ts");
      return demo(command.workspace);
    }
    case "mock-llm": {
      const { mockLlm } = await import("./cli/mock-llm.ts");
      return mockLlm(command);
    }
    case "export-fixture": {
      const { exportFixture } = await import("./cli/export.ts");
      return exportFixture(command);
    }
    case "export": {
      const { exportConversation } = await import("./cli/export.ts");
      return exportConversation(command);
    }
    case "export-page": {
      const { exportPage } = await import("./cli/export.ts");
      return exportPage(command);
    }
    case "import": {
      const { importData } = await import("./cli/import/import.ts");
      return importData(command);
    }
    case "check-browser": {
      const { checkBrowser } = await import("./cli/check-browser.ts");
      return checkBrowser();
    }
    case "ui-install": {
      const { installUi } = await import("./cli/install-ui.ts");
      return installUi(command.version);
    }
    case "reseal": {
      const { reseal } = await import("./cli/reseal.ts");
      return reseal(command);
    }
    case "keys": {
      const { keys } = await import("./cli/keys/keys.ts");
      return keys(command);
    }
    case "migrate": {
      const { migrate } = await import("./cli/store/migrate.ts");
      return migrate(command);
    }
    case "serve": {
      const { serve } = await import("./cli/serve.ts");
      return serve(command);
    }
  }
}
