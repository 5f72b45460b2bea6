import fc from "fast-check";
import type { Reality, World } from "./world.ts";

export type Command = fc.AsyncCommand<World, Reality>;

/** A command with generated arguments. It changes the world as the answers of the server promise. */
export function command<T extends object>(
  name: string,
  input: { [K in keyof T]: fc.Arbitrary<T[K]> },
  run: (input: T, world: World, reality: Reality) => Promise<void>,
  isReady: (world: World) => boolean = () => true,
): fc.Arbitrary<Command> {
  return fc.record(input).map((values) => ({
    check: isReady,
    run: (world, reality) => {
      world.commandsRun[name] = (world.commandsRun[name] ?? 0) + 1;
      return run(values as T, world, reality);
    },
    toString: () => `${name}(${Object.values(values).map(String).join(", ")})`,
  }));
}
