import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { savedWorkspaces, type workspaceItem, type workspaceParent } from "../../wire/settings/workspaces.ts";
import { type Document, defineCollection } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import type { Edit } from "../documents/edit.ts";

/** A folder that clients offer as a workspace. */
export type Workspace = z.output<ReturnType<typeof workspaceItem>>;
/** A folder whose folders clients offer as workspaces. */
export type WorkspaceParent = z.output<ReturnType<typeof workspaceParent>>;
/** Every saved folder. */
export type Saved = z.output<ReturnType<typeof savedWorkspaces>>;

const VERSION = 1;
const NAME = "saved";

export const WORKSPACES = defineCollection({
  kind: "workspaces",
  label: "list of workspaces",
  schema: savedWorkspaces().extend({ schema_version: z.int().max(VERSION).default(VERSION) }),
});

/** The list of folders that clients offer when a conversation is started. No conversation depends on it. */
export class SavedWorkspaces {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** @throws AgentServerError `conflict` when the list cannot be read. */
  async list(): Promise<Saved> {
    return savedIn(await this.#documents.read(WORKSPACES, NAME));
  }

  /** Adds folders whose path is not in the list. Returns the whole list. */
  addWorkspaces(added: readonly Workspace[]): Promise<Saved> {
    return this.#update((saved) => ({ ...saved, workspaces: withNewPaths(saved.workspaces, added) }));
  }

  /** Adds folders of folders whose path is not in the list. Returns the whole list. */
  addParents(added: readonly WorkspaceParent[]): Promise<Saved> {
    return this.#update((saved) => ({
      ...saved,
      workspaceParents: withNewPaths(saved.workspaceParents, added),
    }));
  }

  /** Removes a folder. Returns false for one that is not in the list. */
  removeWorkspace(path: string): Promise<boolean> {
    return this.#remove(path, "workspaces");
  }

  /** Removes a folder of folders. Returns false for one that is not in the list. */
  removeParent(path: string): Promise<boolean> {
    return this.#remove(path, "workspaceParents");
  }

  async #remove(path: string, from: "workspaces" | "workspaceParents"): Promise<boolean> {
    let isRemoved = false;
    await this.#update((saved) => {
      isRemoved = saved[from].some((item) => item.path === path);
      return { ...saved, [from]: saved[from].filter((item) => item.path !== path) };
    });
    return isRemoved;
  }

  #update(change: (saved: Saved) => Saved): Promise<Saved> {
    return this.#documents.edit(async (edit) => {
      const before = savedIn(await edit.read(WORKSPACES, NAME));
      const after = change(before);
      if (sizeOf(after) !== sizeOf(before)) await put(edit, after);
      return after;
    });
  }
}

function put(edit: Edit, saved: Saved): Promise<void> {
  return edit.put(WORKSPACES, NAME, { ...saved, schema_version: VERSION });
}

/** The first of several with one path stays. */
function withNewPaths<T extends { path: string }>(saved: readonly T[], added: readonly T[]): T[] {
  const byPath = new Map([...added].reverse().map((item) => [item.path, item]));
  for (const { path } of saved) byPath.delete(path);
  return [...saved, ...added.filter((item) => byPath.get(item.path) === item)];
}

/** Folders are only added or only removed, so that a list of the same size is the same list. */
function sizeOf({ workspaces, workspaceParents }: Saved): number {
  return workspaces.length + workspaceParents.length;
}

function savedIn(document: Document<Saved> | null): Saved {
  if (document === null) return { workspaces: [], workspaceParents: [] };
  if (document.value === null) throw new AgentServerError("conflict", "Workspaces file is corrupted");
  const { workspaces, workspaceParents } = document.value;
  return { workspaces, workspaceParents };
}
