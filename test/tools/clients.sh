#!/usr/bin/env bash
# Installs the FTP clients of the end-to-end tests that are libraries: builds
# the Go programs of test/clients/go and fetches the npm package of
# test/clients/npm, pinned by their lock files, into
# ${TEST_TOOLS:-$HOME/.cache/ftpbridge-tools}.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clients=$here/../clients
tools=${TEST_TOOLS:-$HOME/.cache/ftpbridge-tools}
mkdir -p "$tools/bin" "$tools/npm"

exec 9>"$tools/bin/.lock"
flock 9

(cd "$clients/go" && GOFLAGS='' go build -o "$tools/bin/" ./goftp ./jlaffaye)

command -v npm >/dev/null || "$here/apt.sh" nodejs npm
lock=$clients/npm/package-lock.json
if ! cmp -s "$lock" "$tools/npm/installed.json"; then
	echo "installing npm clients"
	cp "$clients/npm/package.json" "$lock" "$tools/npm/"
	(cd "$tools/npm" && npm ci --silent --ignore-scripts --no-audit --no-fund)
	cp "$lock" "$tools/npm/installed.json"
fi
# A program beside its node_modules finds them, also when called by a link.
cp "$clients/npm/basic_ftp.cjs" "$tools/npm/"
ln -sf ../npm/basic_ftp.cjs "$tools/bin/basic-ftp"
