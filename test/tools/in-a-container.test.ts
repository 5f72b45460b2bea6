import { it } from "vitest";
import { NO_CONTAINERS, openContainer } from "../workspace/container/open-container.ts";
import { work } from "./file-work.ts";

it.skipIf(NO_CONTAINERS !== undefined)(
  "file tools read, change and find the files of a container",
  {
    timeout: 120_000,
  },
  async () => {
    await work(await openContainer());
  },
);
