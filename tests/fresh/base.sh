# base.sh - new minimal systems, kept in a cache: what fresh.sh and the tests of
# packages share. Sourced; cache and logs name folders that are there.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # cache, logs

# Where apt gets packages from here, and how: whatever is said of that on this
# machine holds for the new systems.
mirror() {
	[ -z "${FRESH_MIRROR:-}" ] || { echo "$FRESH_MIRROR"; return; }
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		sed -n 1p
}
apt_options() {
	apt-config dump --no-empty |
		grep -E '^Acquire::(Check-|Retries|https?::|ForceIPv)' || :
}

# base SYSTEM: makes the minimal system, unless it is there; what went wrong is on
# standard error.
base() {
	local options=() line
	[ ! -s "$cache/$1.tar" ] || return 0
	while read -r line; do
		options+=(--aptopt="$line")
	done < <(apt_options)
	mmdebstrap --quiet --variant=apt "${options[@]}" "$1" "$cache/$1.new.tar" \
		"$(mirror)" >"$logs/$1-base.log" 2>&1 || {
		cat "$logs/$1-base.log" >&2
		return 1
	}
	mv "$cache/$1.new.tar" "$cache/$1.tar"
}
