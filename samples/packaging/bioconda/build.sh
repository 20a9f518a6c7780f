#!/bin/bash
set -euxo pipefail

# The loaded libraries are found beside the program.
export LDFLAGS="${LDFLAGS:-} -Wl,-rpath,${PREFIX}/lib"
export CPPFLAGS="${CPPFLAGS:-} -I${PREFIX}/include"
export LDFLAGS="${LDFLAGS} -L${PREFIX}/lib"

./configure --prefix="${PREFIX}" --without-libedit
make -j"${CPU_COUNT:-1}"
make install
