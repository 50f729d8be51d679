#!/usr/bin/env bash
# Installs the programs of the file `versions` that are missing or of another
# version, all or those that are named:
#
#     test/tools/install.sh [name…]
#
# into ${TEST_TOOLS:-$HOME/.cache/ftpbridge-tools}/bin. They are built
# apart from the product, so that its go.mod holds only what it uses itself.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${TEST_TOOLS:-$HOME/.cache/ftpbridge-tools}/bin
mkdir -p "$bin"

# Two runs at once would build the same twice.
exec 9>"$bin/.lock"
flock 9

wanted() { # name [named…]
	local name=$1 named
	shift
	[[ $# -eq 0 ]] && return 0
	for named in "$@"; do
		[[ $named == "$name" ]] && return 0
	done
	return 1
}

# A Go program says itself what it was built from, so there is no record
# beside it that could be wrong.
is_installed() { # name package version
	[[ -x $bin/$1 ]] || return 1
	go version -m "$bin/$1" 2>/dev/null | awk -v package="$2" -v version="$3" '
		$1 == "path" && $2 == package { path = 1 }
		$1 == "mod" && $3 == version { mod = 1 }
		END { exit !(path && mod) }'
}

known=()
while read -r name package version; do
	[[ -z $name || $name == \#* ]] && continue
	known+=("$name")
	wanted "$name" "$@" || continue
	is_installed "$name" "$package" "$version" && continue
	echo "installing $name $version"
	started=$SECONDS
	(cd / && GOFLAGS='' GOBIN="$bin" go install "$package@$version")
	echo "installed $name in $((SECONDS - started)) s"
done <"$here/versions"

for name in "$@"; do
	if ! wanted "$name" "${known[@]}"; then
		echo "$name is not in $here/versions" >&2
		exit 2
	fi
done
