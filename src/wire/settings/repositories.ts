import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";

/** Hosts of repositories. */
export const gitProvider = once(() =>
  z.enum(["github", "gitlab", "bitbucket", "azure_devops"]).meta({ id: "GitProvider" }),
);

const repository = once(() =>
  z
    .object({
      id: z.string(),
      full_name: z.string(),
      git_provider: z.string(),
      is_public: z.boolean(),
      stargazers_count: nullable(z.int()),
      pushed_at: nullable(z.string()),
      main_branch: nullable(z.string()),
    })
    .meta({ id: "GitProviderRepository" }),
);

/** Answer of `GET /api/git/repositories/search`. */
export const repositoryPage = once(() =>
  z
    .object({
      items: z.array(repository()),
      next_page_id: nullable(z.string()),
      missing_token: z.boolean().default(false),
    })
    .meta({ id: "GitProviderRepositoryPage" }),
);
