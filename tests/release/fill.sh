#!/usr/bin/env bash
# fill.sh FOLDER TARBALL [URL] - into FOLDER, where the TARBALL is: SHA256SUMS, and
# the Homebrew formula and the bioconda recipe with its sum, and with the address
# below which it is published; then looks whether they say that.
set -euo pipefail
folder=$1 tarball=$2 url=${3:-}
url=${url%/}
packaging=$(cd "$(dirname "$0")/../../samples/packaging" && pwd)
cd "$folder"

sha256sum "$tarball" >SHA256SUMS
sum=$(cut -d ' ' -f 1 SHA256SUMS)
for file in homebrew/upcase-pipe.rb bioconda/meta.yaml; do
	new=${file##*/}
	# The comment at the head is about what is filled in.
	sed -e '/^[^#]/,$!d' -e "s/\"0\\{64\\}\"/\"$sum\"/" \
		-e "s|https://upcase-pipe\\.invalid|${url:-https://upcase-pipe.invalid}|" \
		"$packaging/$file" >"$new"
	grep -q "sha256:\\{0,1\\} \"$sum\"" "$new" || {
		echo "fill.sh: $file has no place for the sum" >&2
		exit 1
	}
	if [ -n "$url" ] && { ! grep -qF "$url/" "$new" || grep -q 'upcase-pipe\.invalid' "$new"; }; then
		echo "fill.sh: $file has no place for the address" >&2
		exit 1
	fi
done
cp "$packaging/bioconda/build.sh" .
sha256sum -c SHA256SUMS
[ -n "$url" ] || echo "fill.sh: RELEASE_URL is not set: the address is still to be filled in"
