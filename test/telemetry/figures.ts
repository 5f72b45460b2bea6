import { vi } from "vitest";

/** Milliseconds that are waited for what comes after the answer of a request. */
const PATIENCE = 10_000;

interface Served {
  fetch(request: Request): Promise<Response>;
}

/** The figures of a server by their name and labels, as Prometheus reads them. */
export async function figuresOf(server: Served): Promise<ReadonlyMap<string, number>> {
  const response = await server.fetch(new Request("http://localhost/metrics"));
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  return parseFigures(await response.text());
}

/** Reads the text format of Prometheus. */
export function parseFigures(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Resolves when a check passes. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE, interval: 20 });
}
