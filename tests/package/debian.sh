# What scripts/test-package and scripts/test-systemd have in common. They source it.
# shellcheck shell=bash

# read_releases SCRIPT ARGUMENT…: fills `releases`; 12 and 13 when none is named. usage is the script's.
read_releases() {
  local script=$1 argument
  shift
  releases=()
  for argument in "$@"; do
    case "$argument" in
    -h | -help | --help) usage; exit 0 ;;
    12 | 13 | sid) releases+=("$argument") ;;
    -*) refuse "$script" "unknown flag '$argument'" ;;
    *) refuse "$script" "unknown release '$argument'" ;;
    esac
  done
  [ ${#releases[@]} -gt 0 ] || releases=(12 13)
}
refuse() { echo "$1: $2; 'scripts/$1 --help' shows the usage" >&2; exit 2; }

# prepare RELEASE: makes the packages there, once more with a newer version, and a fresh Debian of that release, without a
# compiler. `root` is the fresh one, with packages/first and packages/newer; it is removed at the end.
prepare() {
  local release=$1 builder
  builder=$(scripts/in-debian --root "$release")
  echo "== Debian $release"
  scripts/in-debian "$release" bash -c 'rm -rf /src/packages && scripts/package /src/packages/first'
  fresh=${builder%/*}/fresh-$$
  trap 'rm -rf --one-file-system "$fresh"' EXIT
  in_fresh "$release" true
  root=$fresh/${builder##*/}
  rm -rf "$root/packages"
  cp -r "$builder/src/packages" "$root/packages"
  local first
  first=$(echo "$root"/packages/first/hitless_*.deb)
  mkdir "$root/packages/newer"
  dpkg-deb --raw-extract "$first" "$fresh/newer"
  sed -i 's/^Version: .*/&+1/' "$fresh/newer/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$fresh/newer" "$root/packages/newer/hitless_newer.deb" >/dev/null
  # Packages may start nothing: their services would be in the network of this machine.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
}

# in_fresh RELEASE COMMAND…: runs it in the fresh Debian.
in_fresh() { HITLESS_DEBIAN=$fresh scripts/in-debian "$@"; }
