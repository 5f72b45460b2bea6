import { bashScript } from "./bash-script.ts";
import { fishScript } from "./fish-script.ts";
import type { Shell } from "./shells.ts";
import { zshScript } from "./zsh-script.ts";

const SCRIPTS: Record<Shell, () => string> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script that completes the command in a shell. */
export function completion(shell: Shell): void {
  process.stdout.write(SCRIPTS[shell]());
}
