/*
 * library - a shared library that is loaded when it is needed
 *
 * What it is for: what decodes a format that most runs never meet is not
 * linked, which would make each start slower, but loaded by its name when the
 * first bytes of an input ask for it. That opens files, so it comes before a
 * thread gives up the right to (io/sandbox.h): in a format's `make` or
 * `expect`. Who packs may load at any time: with packed output no thread gives
 * it up.
 *
 * There is no state here: each decoder has its own functions, in a struct of
 * pointers that library_load fills. The system's loader counts who uses a
 * library, and may be called from any thread.
 *
 * The program carries a note for each, which tells those who make packages of
 * it what it would load.
 *
 * Sources: dlopen(3); systemd.io/ELF_DLOPEN_METADATA
 */
#ifndef UPCASE_CODEC_LIBRARY_H
#define UPCASE_CODEC_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

/* A function that is wanted, and where a pointer to it goes. */
struct library_function {
	const char *name;
	size_t at; /* in the struct of pointers */
};

/* The entry for a member of `struct TYPE` that is named as the function is. */
#define LIBRARY_FUNCTION(type, name)               \
	{                                          \
#name, offsetof(struct type, name) \
	}

/* Such a member, of the type that the library's header gives it. */
#define LIBRARY_POINTER(name) __typeof__(name) *name

/* Loads the library of that name and fills the struct of pointers, if that is
 * not NULL. Returns 0 and *library, for library_unload; or -ENOTSUP when it is
 * not there or lacks one of the n functions. Opens files; waits for nobody but
 * the file system. */
int library_load(void **library, const char *soname,
	const struct library_function *functions, size_t n, void *pointers);

/* Its functions are not called any more. */
void library_unload(void *library);

/* For people: its name, or that it is missing, in text[0..size). Loads it for
 * that, and unloads it. Where a library tells its version, that is better.
 */
void library_tell(char *text, size_t size, const char *soname,
	const struct library_function *functions, size_t n);

/* The note, once for each soname, outside of functions: `feature` is what the
 * library is good for. Its layout is that of an ELF note: three numbers, a
 * name, and text with a NUL behind it, each beginning at a multiple of four
 * bytes. */
#define LIBRARY_NOTE(name, feature, soname)                            \
	LIBRARY_NOTE_OF(name, "[{\"feature\":\"" feature               \
			      "\",\"description\":\"Decodes " feature  \
			      " input\",\"priority\":\"recommended\"," \
			      "\"soname\":[\"" soname "\"]}]")
#ifdef __ELF__
#define LIBRARY_NOTE_OF(name, json)                   \
	__attribute__((used, section(".note.dlopen"), \
		aligned(4))) static const struct {    \
		uint32_t owner_size, text_size, type; \
		char owner[4];                        \
		char text[sizeof(json)];              \
	} note_##name = {4, sizeof(json), UINT32_C(0x407c0c0a), "FDO", json}
#else
#define LIBRARY_NOTE_OF(name, json) _Static_assert(1, "no place for a note")
#endif

#endif
