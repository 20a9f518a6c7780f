#!/bin/bash
# recipe.sh - the bioconda recipe: rendered, it is valid YAML that says what is
# wanted; its build.sh installs into a prefix, and its test commands pass there.
# conda-build itself is not run.
#
# shellcheck disable=SC2317 # checks are called by name
. "$(dirname "$0")/../cli/lib.sh" || exit 1
. "$root/tests/packaging/tarball.sh" || exit 1
python3 -c 'import jinja2, yaml' 2>/dev/null ||
	skip_all 'no Jinja2 and YAML for Python (Debian: python3-jinja2, python3-yaml)'

recipe=$root/samples/packaging/bioconda
render() {
	LC_ALL=C.UTF-8 python3 "$here/../packaging/recipe.py" "$recipe/meta.yaml" \
		"$root" "$tmp/commands"
}
check 'the recipe renders to YAML that says all, and names files that are there' \
	render
check 'its build.sh is valid bash' bash -n "$recipe/build.sh"
tar -xzf "$UPCASE_DIST"
build() {
	cd "$dist_name" && mkdir "$tmp/prefix" &&
		PREFIX=$tmp/prefix CPU_COUNT=2 CFLAGS=-O0 bash "$recipe/build.sh"
}
check 'its build.sh installs into a prefix' build
try() {
	local command n=0
	while read -r command; do
		PATH=$tmp/prefix/bin:$PATH LC_ALL=C.UTF-8 bash -o pipefail -c "$command" || {
			echo "failed: $command"
			return 1
		}
		n=$((n + 1))
	done <"$tmp/commands"
	[ $n -gt 3 ]
}
check 'its test commands pass there' try
finish
