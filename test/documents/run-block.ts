import { stripTypeScriptTypes } from "node:module";

type Names = Readonly<Record<string, unknown>>;
type Body = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Body;

/** The packages that blocks import. */
const PACKAGES: Readonly<Record<string, () => Promise<object>>> = {
  express: () => import("express"),
  "agent-server": () => import("agent-server"),
  "agent-server/express": () => import("agent-server/express"),
  "agent-server/postgres": () => import("agent-server/postgres"),
};

/**
 * Runs a block of TypeScript as it stands on its page. `names` are what it uses without a declaration, and take the place
 * of what it imports. Resolves with the value of the expression `returns`.
 */
export async function runBlock(text: string, names: Names = {}, returns = "undefined"): Promise<unknown> {
  const load = async (from: string) => {
    const found = PACKAGES[from];
    if (found === undefined)
      throw new Error(`a block imports ${from}, which is not among the packages of blocks`);
    return { ...(await found()), ...names };
  };
  const code = text.replace(/^import (.+) from ("[^"]+");.*$/gm, (_line, what: string, from: string) => {
    const wanted = what.startsWith("{") ? what.replaceAll(" as ", ": ") : `{ default: ${what} }`;
    return `const ${wanted} = await load(${from});`;
  });
  const body = stripTypeScriptTypes(`async function block() {\n${code}\nreturn ${returns};\n}`);
  const run = new AsyncFunction("load", ...Object.keys(names), `${body}\nreturn block();`);
  return run(load, ...Object.values(names));
}
