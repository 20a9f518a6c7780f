#include "config.h"

#include "codec/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int library_load(void **library, const char *soname,
	const struct library_function *functions, size_t n, void *pointers)
{
	void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return -ENOTSUP;
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			library_unload(handle);
			return -ENOTSUP;
		}
		/* C has no cast from the one kind of pointer to the other;
		 * POSIX says that they are alike. */
		if (pointers)
			memcpy((char *)pointers + functions[i].at, &function,
				sizeof(function));
	}
	*library = handle;
	return 0;
}

void library_unload(void *library)
{
	(void)dlclose(library);
}

void library_tell(char *text, size_t size, const char *soname,
	const struct library_function *functions, size_t n)
{
	void *library;

	if (library_load(&library, soname, functions, n, NULL) != 0) {
		(void)snprintf(text, size, "%s is missing", soname);
		return;
	}
	(void)snprintf(text, size, "%s", soname);
	library_unload(library);
}
