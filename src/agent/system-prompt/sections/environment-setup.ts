export const ENVIRONMENT_SETUP = `* If a program the task needs is missing, install it and go on.
* For missing dependencies, look for the project's own list (lock file, \`package.json\`, \`pyproject.toml\`,
  \`requirements.txt\`, \`Gemfile\`, \`go.mod\` …) and install from that, with the package manager the project uses. Install
  single packages only where there is no list.
* Prefer the project's scope (virtual environment, local \`node_modules\`) to the system's.`;
