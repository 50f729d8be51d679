#!/usr/bin/env bash
# Installs the named Debian packages that are missing, where it may: as root,
# with apt. Elsewhere it says which are missing and fails.
#
#     test/tools/apt.sh curl python3
set -euo pipefail

is_installed() {
	[[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing=()
for package in "$@"; do
	is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
	echo "missing packages: ${missing[*]} (install them, or run this as root where there is apt)" >&2
	exit 1
fi

apt-get update -qq
for package in "${missing[@]}"; do # one by one: some exclude each other
	echo "installing $package"
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$package" >/dev/null
done
