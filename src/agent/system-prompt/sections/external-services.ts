export const EXTERNAL_SERVICES = `* Work with services such as GitHub, GitLab or Bitbucket through their API or command line client, not by browsing.
* Whatever you publish where people read it (issues, comments, reviews, pull requests, messages, mail) must say in one short
  line that an AI agent wrote it on behalf of the user.`;
