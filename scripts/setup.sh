#!/bin/sh
# Installs what CastAD's commands need from Debian and says so; does nothing,
# and needs no network, when everything is there.
#
#   scripts/setup.sh demo    a database server, ffmpeg and Korean fonts
#   scripts/setup.sh browser also Chromium, for make browser
#   scripts/setup.sh test    also a C compiler (the race detector needs one), curl, jq, unzip, Redis, Azurite and the studio's Node clients
set -eu
cd "$(dirname "$0")/.."
want=${1:-demo}
missing=
need() { # need <file or command> <Debian package>
	case $1 in
	/*) [ -e "$1" ] && return ;;
	*) command -v "$1" >/dev/null 2>&1 && return ;;
	esac
	missing="$missing $2"
}
PATH=$PATH:/usr/sbin
[ -n "${CASTAD_MYSQL_DSN:-}" ] || need mariadbd mariadb-server-core
[ -n "${CASTAD_MYSQL_DSN:-}" ] || need mariadb mariadb-client-core
need ffmpeg ffmpeg
need /usr/share/fonts/truetype/nanum/NanumSquareRoundB.ttf fonts-nanum
need /usr/share/fonts/truetype/nanum/NanumSquareRoundEB.ttf fonts-nanum-extra
[ "$want" != browser ] || need chromium chromium
if [ "$want" = test ]; then
	need gcc gcc
	need /usr/include/stdlib.h libc6-dev
	need node nodejs
	need npm npm
	need curl curl
	need jq jq
	need unzip unzip
	need redis-server redis-server
fi
if [ -n "$missing" ]; then
	echo "setup: installing Debian packages:$missing"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || { echo "setup: please run as root once: apt-get install --no-install-recommends$missing" >&2; exit 1; }
		sudo=sudo
	fi
	$sudo apt-get update -qq
	# shellcheck disable=SC2086 # a list of packages
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
if [ "$want" = test ]; then
	# The referee for our blob server, and the vendors' own clients wherever a test has some.
	for list in scripts/localcloud/blobserver/azurite/package.json $(find scripts shared functions -name node_modules -prune -o -path '*/clients/package.json' -print); do
		dir=${list%/package.json}
		[ $dir/node_modules/.package-lock.json -nt $dir/package-lock.json ] && continue # npm writes it last
		echo "setup: installing what $dir/package.json names from npm"
		(cd $dir && npm ci --silent --no-audit --no-fund)
	done
fi
