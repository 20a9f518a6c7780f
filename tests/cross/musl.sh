# musl.sh - libraries for musl, made of their sources (fetch.sh). Sourced.
#
# shellcheck shell=bash

# musl_library NAME VERSION FLAG... -- FILE...: lib/libNAME.a and lib/libNAME.so.VERSION
# in $made of these files.
musl_library() {
	local name=$1 soname=lib$1.so.$2 flags=()
	shift 2
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	rm -rf "$made/objects"
	mkdir -p "$made/objects" "$made/lib"
	printf '%s\0' "$@" | (cd "$made/objects" &&
		xargs -0 -n 8 -P "$jobs" musl-gcc -O2 -fPIC -w "${flags[@]}" -c) &&
		ar cr "$made/lib/lib$name.a" "$made"/objects/*.o &&
		musl-gcc -shared -Wl,-soname,"$soname" "$made"/objects/*.o \
			-o "$made/lib/$soname" &&
		ln -s "$soname" "$made/lib/lib$name.so"
}

# musl_libraries FOLDER PACKAGE...: makes FOLDER/root with include/ and lib/ of these
# source packages. Does nothing if it is there.
musl_libraries() (
	made=$1/new jobs=$(getconf _NPROCESSORS_ONLN)
	[ ! -e "$1/root" ] || exit 0
	for package in "${@:2}"; do
		fetch_source "$1" "$package" || exit 1
	done
	cd "$1" || exit 1
	rm -rf new
	mkdir -p new/include
	for package in "${@:2}"; do
		"musl_$package" "$PWD/$package" || exit 1
	done
	mv new root
)
musl_zlib() {
	cp "$1"/z{lib,conf}.h "$made/include/" &&
		musl_library z 1 -D_LARGEFILE64_SOURCE=1 -DHAVE_UNISTD_H \
			-DHAVE_STDARG_H -- "$1"/*.c
}
musl_libdeflate() {
	cp "$1/libdeflate.h" "$made/include/" &&
		musl_library deflate 0 -I"$1" -- "$1"/lib/*.c "$1"/lib/x86/*.c
}
musl_libzstd() {
	cp "$1"/lib/zstd{,_errors}.h "$made/include/" &&
		musl_library zstd 1 -DZSTD_DISABLE_ASM -- \
			"$1"/lib/{common,compress,decompress}/*.c
}
musl_cmocka() {
	cp "$1/include/cmocka.h" "$made/include/" &&
		musl_library cmocka 0 -I"$1/include" -DHAVE_CLOCK_GETTIME=1 \
			-DHAVE_STRUCT_TIMESPEC=1 -DHAVE_INTTYPES_H=1 \
			-DHAVE_SIGNAL_H=1 -DHAVE_STRINGS_H=1 -DHAVE_TIME_H=1 \
			-DHAVE_GCC_THREAD_LOCAL_STORAGE=1 -- "$1/src/cmocka.c"
}
# More than files that are compiled one by one.
musl_xz-utils() {
	mkdir -p xz-build && cd xz-build &&
		"$1/configure" CC=musl-gcc --prefix="$made" --silent \
			--disable-{xz,xzdec,lzmadec,lzmainfo,lzma-links,scripts,doc,nls} &&
		make -s -j"$jobs" && make -s install && cd ..
}
