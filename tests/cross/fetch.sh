# fetch.sh - packages of Debian that this system does not have: libraries of
# another processor, sources. They come from where this system's packages do, and
# nothing of it is changed: apt has folders of its own, and packages are unpacked,
# never installed. Sourced.
#
# shellcheck shell=bash

# private_apt ARCHITECTURE FOLDER: from here on apt-get is one for that
# architecture, with what it keeps in FOLDER, and this system's sources, here as
# sources of sources, too.
private_apt() {
	local list
	mkdir -p "$2/lists/partial" "$2/archives/partial" "$2/sources"
	: >"$2/status"
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -r "$list" ] || sed -n 's/^deb \(.*\)/deb \1\ndeb-src \1/p' "$list" |
			sed 's/\[\(.*\)arch=[^] ]*/[\1/' >"$2/sources/${list##*/}"
	done
	for list in /etc/apt/sources.list.d/*.sources; do
		[ ! -r "$list" ] || sed 's/^Types:.*/Types: deb deb-src/; /^Architectures:/d' \
			"$list" >"$2/sources/${list##*/}"
	done
	{
		apt-config dump --no-empty |
			grep -E '^Acquire::(Check-|Retries|https?::|ForceIPv)' || :
		cat <<-END
		APT::Architecture "$1";
		APT::Architectures "$1";
		APT::Install-Recommends "0";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Dir::Cache "$2";
		Dir::State "$2";
		Dir::State::status "$2/status";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$2/sources";
		END
	} >"$2/apt.conf"
	export APT_CONFIG=$2/apt.conf
	# What one of several sources has not may not be wanted.
	apt-get update || :
}

# fetch_libraries ARCHITECTURE FOLDER PACKAGE...: makes FOLDER/root, with these and
# what they need. Does nothing if it is there.
fetch_libraries() (
	set -o pipefail
	folder=$2
	[ ! -e "$folder/root" ] || exit 0
	private_apt "$1" "$folder" &&
		apt-get install --download-only -y "${@:3}" || exit 1
	rm -rf "$folder/new"
	# As on a system whose /lib is a link: what names a file there is right.
	mkdir -p "$folder"/new/usr/lib
	ln -s usr/lib "$folder/new/lib"
	for package in "$folder"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x --keep-directory-symlink -C "$folder/new" --exclude=./usr/share || exit 1
	done
	# Links that begin at the root would lead into this system.
	find "$folder/new" -type l -lname '/*' -printf '%p %l\n' |
		while read -r link target; do
			ln -sfn "$folder/root$target" "$link"
		done
	rm -rf "$folder/lists" "$folder/archives" "$folder"/*.bin
	mv "$folder/new" "$folder/root"
)

# fetch_source FOLDER PACKAGE: makes FOLDER/PACKAGE of the source of that package as
# its authors gave it. Does nothing if it is there. CROSS_SOURCES may be a folder
# that has it as PACKAGE_VERSION.orig.tar.XZ or PACKAGE-VERSION.tar.XZ.
fetch_source() (
	folder=$1 package=$2
	[ ! -e "$folder/$package" ] || exit 0
	mkdir -p "$folder/new" && cd "$folder" || exit 1
	if [ -z "${CROSS_SOURCES:-}" ]; then
		[ -e "$folder/apt/apt.conf" ] ||
			private_apt "$(dpkg --print-architecture)" "$folder/apt"
		export APT_CONFIG=$folder/apt/apt.conf
		apt-get source --download-only --tar-only --only-source "$package" ||
			exit 1
	fi
	archives=("${CROSS_SOURCES:-$folder}/$package"[_-]*.tar.?z*)
	tar -xf "${archives[0]}" -C new --strip-components=1 && mv new "$package"
)
