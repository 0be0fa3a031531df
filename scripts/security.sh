#!/bin/sh
# Looks for known vulnerabilities in what CastAD is made of (govulncheck) and for
# unsafe code (gosec). Both must find nothing. Tools and versions: .ci/tools/go.mod.
#
# CASTAD_VULNDB names a vulnerability database as govulncheck takes it
# (file:///…/db), or a .tgz of one; without it, ../shared/govulndb.tgz is used
# where it is there, else https://vuln.go.dev.
set -eu
cd "$(dirname "$0")/.."
tool="${GO:-go} tool -modfile=.ci/tools/go.mod"

db=${CASTAD_VULNDB:-}
[ -n "$db" ] || [ ! -e ../shared/govulndb.tgz ] || db=../shared/govulndb.tgz
case $db in
*.tgz)
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	tar xzf "$db" -C "$dir"
	db=file://$dir/db
	;;
esac
echo "govulncheck ${db:+with an offline database}"
$tool govulncheck ${db:+-db "$db"} ./...

# Not looked for anywhere:
#   G104  an error that is passed over is written as "_ =" with its reason (reviewed by people)
#   G115  integers are converted in codecs and ids, after their bounds were checked; their fuzz targets cover it
# Not looked for in programs that people run on their own files, in stand-ins and in the studio:
#   G101 G204 G301 G302 G304 G306 G703  they start programs and write files where their user says
#   G114 G118 G704 G710                 they listen and send on loopback
#   G401 G404 G501 G602                 MD5 is what Blob's Content-MD5 is; dice are thrown for music and pictures
echo gosec
$tool gosec -quiet -exclude-generated -exclude=G104,G115 \
	-exclude-rules='(^|/)(scripts/.*|shared/studio/.*|shared/(.*/)?[a-z]+test/.*)$:G101,G114,G118,G204,G301,G302,G304,G306,G401,G404,G501,G602,G703,G704,G710' ./...
echo 'security: nothing found'
