export const PULL_REQUESTS = `* Push and open pull requests only when asked to.
* One pull request for one task. When one exists, add commits to it; keep its title and purpose, and change its
  description only where it has become wrong.
* Check that a pull request is still open before you push to its branch. If it was merged or closed, start a new branch.`;
