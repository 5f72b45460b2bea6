import { readFile } from "node:fs/promises";
import { once } from "../once.ts";

/** The script of the inspector: next to the built code, or made of its modules during development. */
export const inspectorScript: () => Promise<string> = once(async () => {
  const built = await readFile(new URL("./inspector/inspector.js", import.meta.url), "utf8").catch(
    () => undefined,
  );
  if (built !== undefined) return built;
  // Not a name that a bundler follows: the module and its packages are those of a checkout.
  const { href } = new URL("../inspector/bundle-script.ts", import.meta.url);
  const { bundleScript } = (await import(href)) as { bundleScript(): Promise<string> };
  return bundleScript();
});
