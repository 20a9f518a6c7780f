#!/bin/sh
# Every seed of the fuzzer's corpus, by every setting: the engine and the
# reference agree.
#
#   FUZZ_REPLAY  the program    (tests/fuzz/replay)
#   UPCASE_DATA  the directory of Unicode's data

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "${FUZZ_REPLAY:-tests/fuzz/replay}" "$here"/corpus/*
