#!/bin/sh
# Install what is missing for the sets named (build test lint browser bench): Debian packages from
# tools/packages.txt, and the pinned npm packages. Says nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
sets="${*:-build}"
missing=""
for set in $sets; do
    for package in $(awk -v s="$set" '$1 == s {print $2}' tools/packages.txt); do
        have=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null || true)
        want=$(awk -v p="$package" '$2 == p {print $3}' tools/packages.txt)
        case "$have" in
        "installed "*)
            version=${have#installed }
            version=${version#*:}
            if dpkg --compare-versions "$version" lt "$want"; then
                echo "set-up: $package is $version; $want or later is needed (Debian 12 has it)" >&2
                exit 2
            fi ;;
        *) missing="$missing $package" ;;
        esac
    done
done
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
if [ -n "$missing" ]; then
    echo "set-up: installing$missing" >&2
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
stamp=third_party/node_modules/.installed
if ! cmp -s third_party/package-lock.json "$stamp" 2>/dev/null; then
    echo "set-up: npm ci (pinned sources and test tools)" >&2
    (cd third_party && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    cp third_party/package-lock.json "$stamp"
fi
