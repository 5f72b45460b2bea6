import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DCLinter } from "dclint";
import { Deployment } from "kubernetes-models/apps/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { PersistentVolumeClaim, Service } from "kubernetes-models/v1";
import { expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseArguments } from "../../src/cli/parse-arguments.ts";

const folder = resolve(import.meta.dirname, "../../examples/cluster");
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const MODELS = { Deployment, PersistentVolumeClaim, PodDisruptionBudget, Service };

interface Manifest {
  kind: keyof typeof MODELS;
  metadata: { name: string };
  spec: object;
}

interface Program {
  command?: string[];
  args?: string[];
}

interface Compose {
  services: Record<string, Program>;
}

interface PodOwner {
  template: { spec: { containers: Program[] } };
}

const manifests = () =>
  parseAllDocuments(read("kubernetes.yaml")).map((document) => document.toJS() as Manifest);

/** Fields that the schema of a manifest does not know are never read when it is checked. */
function faultsOf(manifest: Manifest): string[] {
  const unread = new Set<string>();
  const model = watched(manifest, { path: manifest.kind, unread, copy: new MODELS[manifest.kind]() });
  const faults: string[] = [];
  try {
    (model as Deployment).validate();
  } catch (error) {
    faults.push(String(error));
  }
  return [...faults, ...[...unread].map((path) => `${path} is no field`)];
}

interface Watch {
  path: string;
  unread: Set<string>;
  copy: object;
}

function watched(value: object, { path, unread, copy }: Watch): object {
  for (const [key, child] of Object.entries(value)) {
    const own = `${path}.${key}`;
    unread.add(own);
    const isObject = typeof child === "object" && child !== null;
    const shown = isObject
      ? watched(child, { path: own, unread, copy: Array.isArray(child) ? [] : {} })
      : child;
    const get = () => {
      unread.delete(own);
      return shown;
    };
    Object.defineProperty(copy, key, { enumerable: true, configurable: true, get });
  }
  return copy;
}

it("every manifest for Kubernetes is one, without fields that Kubernetes does not know", () => {
  const all = manifests();
  expect(all.map(({ kind }) => kind)).toEqual([
    "Deployment",
    "PersistentVolumeClaim",
    "Service",
    "Service",
    "PodDisruptionBudget",
  ]);
  expect(all.flatMap(faultsOf)).toEqual([]);
  const [deployment] = all;
  expect(faultsOf({ ...(deployment as Manifest), spec: { replica: 3, template: { spec: {} } } })).toEqual([
    expect.stringContaining("must have required property"),
    "Deployment.spec.replica is no field",
  ]);
});

it("the compose file is one", () => {
  const rules = {
    "service-keys-order": 0,
    "top-level-properties-order": 0,
    "require-quotes-in-ports": [2, { quoteType: "double" }],
  } as const;
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  const messages = linter
    .lintFiles([join(folder, "compose.yaml")], false)
    .flatMap((result: { messages: unknown[] }) => result.messages);
  expect(messages).toEqual([]);
});

it("the flags of both are those of the command", () => {
  const { services } = parse(read("compose.yaml"), { merge: true }) as Compose;
  const deployments = manifests().filter(({ kind }) => kind === "Deployment");
  const containers = deployments.flatMap(({ spec }) => (spec as PodOwner).template.spec.containers);
  const commands = [...Object.values(services), ...containers].flatMap(({ command, args }) => [
    command,
    args,
  ]);
  const given = commands.filter((command) => command !== undefined);
  expect(given).toHaveLength(4);
  for (const command of given) {
    expect(parseArguments(command)).toMatchObject({
      name: "serve",
      store: { url: "postgres://agents@postgres:5432/agents" },
      cluster: { address: expect.stringMatching(/^http:.*:8000$/), placement: "shared" },
    });
  }
});
