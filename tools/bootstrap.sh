#!/bin/sh
# From a fresh clone to runnable commands: dependencies (pnpm through npx), the C addon, TypeScript, the command stubs.
# Does only what is out of date, so every entry point calls it.
set -eu
cd "$(dirname "$0")/.."

node -e '
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Cannot build vde-ts: Node ${process.versions.node} found, 20.19 or newer wanted`)
  process.exit(1)
}
if (process.platform !== "linux") {
  console.error(`Cannot build vde-ts: platform ${process.platform} found, Linux wanted`)
  process.exit(1)
}'

if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
  echo "Cannot build vde-ts: no C compiler found, \"${CC:-cc}\" wanted (Debian: apt-get install gcc libc6-dev)" >&2
  exit 1
fi

stamp=node_modules/.cache/installed
if [ ! -e "$stamp" ] || [ pnpm-lock.yaml -nt "$stamp" ] || [ package.json -nt "$stamp" ]; then
  pnpm=$(node -p 'require("./package.json").packageManager')
  npx --yes "$pnpm" install --frozen-lockfile
  mkdir -p node_modules/.cache && touch "$stamp"
fi

exec node tools/build.mjs
