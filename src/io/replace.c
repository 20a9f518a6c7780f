#include "config.h"

#include "io/replace.h"

#include "io/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ATTRIBUTES
#include <sys/xattr.h>
#endif
#include <unistd.h>

/* What of a name goes into that of its temporary file, which is not to become
 * longer than a name may be. */
#define NAME_PART 180

/* So many links behind each other are followed, as Linux does. */
#define MOST_LINKS 40

/* When it was written to, as exactly as the system tells. */
static struct timespec time_of(const struct stat *st)
{
#if defined HAVE_STRUCT_STAT_ST_MTIM
	return st->st_mtim;
#elif defined HAVE_STRUCT_STAT_ST_MTIMESPEC
	return st->st_mtimespec;
#else
	return (struct timespec){.tv_sec = st->st_mtime};
#endif
}

void replace_note(struct replace_mark *m, const struct stat *st)
{
	*m = (struct replace_mark){.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.changed = time_of(st),
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid};
}

/* Where the last component of path begins. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folder that a name is in, to be freed, or NULL. */
static char *folder_of(const char *path)
{
	size_t len = (size_t)(base_of(path) - path);

	return len > 0 ? strndup(path, len) : strdup(".");
}

/* A name for a file that is on its way to `path`, in the same folder, as no
 * other was called by this process. */
static char *make_name(const char *path)
{
	static atomic_uint last;
	const char *base = base_of(path);
	char *name = NULL;

	if (asprintf(&name, "%.*s.%.*s.upcase-pipe-%ld-%u", (int)(base - path),
		    path, NAME_PART, base, (long)getpid(),
		    atomic_fetch_add(&last, 1)) < 0)
		return NULL;
	return name;
}

/* Where one link leads to, to be freed, or NULL. */
static char *follow_link(const char *path)
{
	char to[PATH_MAX], *next;
	ssize_t n = readlink(path, to, sizeof(to));
	int folder;

	if (n <= 0)
		return NULL;
	folder = to[0] == '/' ? 0 : (int)(base_of(path) - path);
	if (asprintf(&next, "%.*s%.*s", folder, path, (int)n, to) < 0)
		return NULL;
	return next;
}

/* The name that the last of links that lead nowhere stands for: there a file
 * would be made. */
static char *follow_dangling(const char *path)
{
	char *at = strdup(path), *next;
	struct stat st;

	for (unsigned i = 0; at && i < MOST_LINKS; i++) {
		if (lstat(at, &st) < 0 && errno == ENOENT)
			return at;
		next = follow_link(at);
		free(at);
		at = next;
	}
	free(at);
	return NULL;
}

/* The name to which links from `path` lead. */
static char *follow_links(const char *path)
{
	struct stat st;
	char to[1];

	if (readlink(path, to, sizeof(to)) < 0 &&
		(errno == EINVAL || errno == ENOENT))
		return strdup(path);
	if (stat(path, &st) < 0 && errno == ENOENT)
		return follow_dangling(path);
	return realpath(path, NULL);
}

#if HAVE_DECL_O_TMPFILE
/* Whether a file that has no name can be given one. Asked once, since it takes
 * as long as to write a small file. */
static bool has_descriptors(void)
{
	enum {
		UNKNOWN,
		HAS,
		HAS_NOT
	};
	static atomic_int known = UNKNOWN;

	if (atomic_load(&known) == UNKNOWN)
		atomic_store(&known,
			access("/proc/self/fd", X_OK) == 0 ? HAS : HAS_NOT);
	return atomic_load(&known) == HAS;
}
#endif

/* A file without a name, or -1. */
static int open_nameless(const char *path, mode_t mode)
{
#if HAVE_DECL_O_TMPFILE
	char *folder;
	int fd;

	if (!has_descriptors())
		return -1;
	folder = folder_of(path);
	if (!folder)
		return -1;
	fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	free(folder);
	return fd;
#else
	(void)path;
	(void)mode;
	return -1;
#endif
}

/* One with a name, which is given. Returns 0 or a negative errno. */
static int open_named(struct replace *r, mode_t mode)
{
	do {
		free(r->temporary);
		r->temporary = make_name(r->path);
		if (!r->temporary)
			return -ENOMEM;
		r->fd = open(r->temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode);
	} while (r->fd < 0 && (errno == EEXIST || errno == EINTR));
	return r->fd < 0 ? -errno : 0;
}

int replace_open(struct replace *r, const char *path, bool like_old)
{
	mode_t mode = like_old ? 0600 : 0666;
	int err = 0;

	*r = REPLACE_NONE;
	r->path = follow_links(path);
	if (!r->path)
		return -errno;
	r->fd = open_nameless(r->path, mode);
	if (r->fd < 0)
		err = open_named(r, mode);
	if (err) {
		free(r->temporary);
		free(r->path);
		*r = REPLACE_NONE;
	}
	return err;
}

#ifdef HAVE_ATTRIBUTES

#define ACCESS_LIST "system.posix_acl_access"

/* Whether it belongs to the file, and is not a label that the system gives. */
static bool must_be_kept(const char *attribute)
{
	return strncmp(attribute, "security.", 9) != 0 &&
	       strncmp(attribute, "trusted.", 8) != 0;
}

/* Copies one attribute. *room, of *size bytes, grows as is needed. */
static int copy_attribute(
	const struct replace *r, const char *name, char **room, size_t *size)
{
	ssize_t n;

	while ((n = getxattr(r->path, name, *room, *size)) < 0 &&
		errno == ERANGE) {
		char *more = realloc(*room, *size * 2);

		if (!more)
			return -ENOMEM;
		*room = more;
		*size *= 2;
	}
	if (n < 0)
		return errno == ENODATA ? 0 : -errno;
	return fsetxattr(r->fd, name, *room, (size_t)n, 0) < 0 ? -errno : 0;
}

/* The names of the old file's attributes, a NUL behind each, in *names, which
 * is to be freed. Returns their length or a negative errno. */
static ssize_t list_attributes(const char *path, char **names)
{
	size_t size = 1024;

	*names = NULL;
	for (;;) {
		char *more = realloc(*names, size);
		ssize_t n;

		if (!more)
			return -ENOMEM;
		*names = more;
		n = listxattr(path, more, size);
		if (n >= 0)
			return n;
		if (errno == ENOTSUP)
			return 0;
		if (errno != ERANGE)
			return -errno;
		size *= 2;
	}
}

static int copy_attributes(const struct replace *r, struct fault *fault)
{
	size_t size = 256;
	struct fault why;
	char *names, *room = malloc(size);
	ssize_t n = list_attributes(r->path, &names);
	const char *at = names;
	bool list = false;
	int err = n < 0 ? (int)n : room ? 0 : -ENOMEM;

	while (!err && at < names + n) {
		list |= strcmp(at, ACCESS_LIST) == 0;
		err = copy_attribute(r, at, &room, &size);
		if (err && !must_be_kept(at))
			err = 0;
		if (err)
			fault_set(fault,
				"its attribute %.80s cannot be kept: %s", at,
				fault_reason(&why, err));
		at += strlen(at) + 1;
	}
	if (n < 0 || !room)
		fault_set(fault, "its attributes cannot be read: %.200s",
			fault_reason(&why, err));
	/* One that the folder gives to new files. To look is cheap, to remove
	 * what is not there is not. */
	if (!err && !list && fgetxattr(r->fd, ACCESS_LIST, NULL, 0) >= 0 &&
		fremovexattr(r->fd, ACCESS_LIST) < 0 && errno != ENODATA) {
		err = -errno;
		fault_set(fault,
			"its access control list cannot be removed: %.200s",
			fault_reason(&why, err));
	}
	free(room);
	free(names);
	return err;
}

#else

static int copy_attributes(const struct replace *r, struct fault *fault)
{
	(void)r;
	(void)fault;
	return 0;
}

#endif

/* The owner, as far as that is allowed. Returns 0, with the *mode that the file
 * may have then, or a negative errno. */
static int copy_owner(
	const struct replace *r, const struct replace_mark *old, mode_t *mode)
{
	struct stat st;

	*mode = old->mode & 07777;
	if (fstat(r->fd, &st) < 0)
		return -errno;
	if ((st.st_uid != old->uid || st.st_gid != old->gid) &&
		fchown(r->fd, old->uid, old->gid) < 0) {
		/* The group may be one of ours. With the rights of somebody
		 * else nothing runs. */
		if (fchown(r->fd, (uid_t)-1, old->gid) < 0)
			*mode &= ~(mode_t)S_ISGID;
		*mode &= ~(mode_t)S_ISUID;
	}
	return 0;
}

int replace_keep(const struct replace *r, const struct replace_mark *m,
	struct fault *fault)
{
	struct fault why;
	mode_t mode;
	/* To be given another owner takes some attributes, and bits of the
	 * mode, away. */
	int err = copy_owner(r, m, &mode);

	if (err) {
		fault_set_errno(fault, err);
		return err;
	}
	err = copy_attributes(r, fault);
	if (err)
		return err;
	err = fchmod(r->fd, mode) < 0 ? -errno : 0;
	if (err)
		fault_set(fault, "its mode cannot be kept: %.200s",
			fault_reason(&why, err));
	return err;
}

static bool is_marked(const char *path, const struct replace_mark *m)
{
	struct timespec changed;
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	changed = time_of(&st);
	return st.st_dev == m->dev && st.st_ino == m->ino &&
	       st.st_size == m->size && changed.tv_sec == m->changed.tv_sec &&
	       changed.tv_nsec == m->changed.tv_nsec && st.st_mode == m->mode &&
	       st.st_uid == m->uid && st.st_gid == m->gid;
}

bool replace_is_same(const struct replace *r, const struct replace_mark *m)
{
	return is_marked(r->path, m);
}

bool replace_is_backed_up(
	const char *path, const char *suffix, const struct stat *st)
{
	char *own = realpath(path, NULL), *other = NULL;
	struct stat kept;
	bool is = own && asprintf(&other, "%s%s", own, suffix) >= 0 &&
		  lstat(other, &kept) == 0 && kept.st_dev == st->st_dev &&
		  kept.st_ino == st->st_ino;

	free(own);
	free(other);
	return is;
}

/* Another name for the file, one that was free, which is to be freed. Returns
 * 0 or a negative errno. */
static int link_beside(const char *path, char **name)
{
	int err;

	do {
		*name = make_name(path);
		if (!*name)
			return -ENOMEM;
		err = link(path, *name) < 0 ? -errno : 0;
		if (err)
			free(*name);
	} while (err == -EEXIST);
	return err;
}

/* Whether a link to the file could be made but not removed again: in a sticky
 * folder, for who owns neither. */
static bool sticks(const char *path)
{
	char *name = folder_of(path);
	uid_t own = geteuid();
	struct stat folder, file;
	bool is = name && own != 0 && stat(name, &folder) == 0 &&
		  (folder.st_mode & S_ISVTX) && folder.st_uid != own &&
		  lstat(path, &file) == 0 && file.st_uid != own;

	free(name);
	return is;
}

int replace_back_up(const struct replace *r, const char *suffix,
	const struct replace_mark *m, struct fault *fault)
{
	char *kept = NULL, *name;
	struct fault why;
	int err = asprintf(&kept, "%s%s", r->path, suffix) < 0 ? -ENOMEM : 0;

	if (err)
		kept = NULL;
	else
		err = sticks(r->path) ? -EPERM : link_beside(r->path, &name);
	if (!err) {
		/* What somebody else put there meanwhile must not take the
		 * place of the old file that they have kept. */
		if (!is_marked(name, m))
			err = -ESTALE;
		else if (rename(name, kept) < 0)
			err = -errno;
		/* Where both are names of one file, it does nothing. */
		(void)unlink(name);
		free(name);
	}
	if (err && err != -ESTALE)
		fault_set(fault, "cannot be kept as *%.80s: %s", suffix,
			fault_reason(&why, err));
	free(kept);
	return err;
}

int replace_sync(const struct replace *r)
{
	int err;

	do {
		err = fsync(r->fd) < 0 ? -errno : 0;
	} while (err == -EINTR);
	return err == -EINVAL || err == -EROFS ? 0 : err;
}

/* One wait for all files of a file system. It also waits for what others have
 * written there, as long as the disk takes for that. */
#ifdef HAVE_SYNCFS
static int sync_system_of(int fd)
{
	int result;

	do {
		result = syncfs(fd);
	} while (result < 0 && errno == EINTR);
	return result;
}

static int sync_system(const struct replace *r, bool *known, dev_t *synced)
{
	struct stat st;
	int err = fstat(r->fd, &st) < 0 ? -errno : 0;

	if (err || (*known && st.st_dev == *synced))
		return err;
	*known = true;
	*synced = st.st_dev;
	return sync_system_of(r->fd) < 0 ? -errno : 0;
}
#endif

int replace_sync_all(const struct replace *r, size_t n)
{
	int err = 0;
#ifdef HAVE_SYNCFS
	bool known = false;
	dev_t synced = 0;

	for (size_t i = 0; n > 1 && !err && i < n; i++)
		err = sync_system(&r[i], &known, &synced);
	if (n > 1)
		return err;
#endif
	for (size_t i = 0; !err && i < n; i++)
		err = replace_sync(&r[i]);
	return err;
}

/* Gives a file without a name one: returns 0 or a negative errno. */
static int give_name(int fd, const char *name)
{
	char own[64];

#if HAVE_DECL_AT_EMPTY_PATH
	/* Not all may do that; it saves the way through /proc. */
	if (linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EINVAL)
		return -errno;
#endif
	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, own, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0
		       ? -errno
		       : 0;
}

static int close_file(struct replace *r)
{
	int fd = r->fd;

	r->fd = -1;
	/* After EINTR it is closed all the same. */
	return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

/* The new file gets a name that is free. */
static int publish_new(struct replace *r)
{
	int err;

	if (!r->temporary) {
		err = give_name(r->fd, r->path);
		if (err)
			return err;
		err = close_file(r);
		if (err)
			(void)unlink(r->path);
		return err;
	}
	err = close_file(r);
	if (!err && link(r->temporary, r->path) < 0)
		err = -errno;
	if (err != -EPERM && err != -EOPNOTSUPP)
		return err;
	/* There are no links here, and renaming goes over what is there. */
	if (access(r->path, F_OK) == 0)
		return -EEXIST;
	return rename(r->temporary, r->path) < 0 ? -errno : 0;
}

static int name_temporary(struct replace *r)
{
	int err;

	do {
		free(r->temporary);
		r->temporary = make_name(r->path);
		err = r->temporary ? give_name(r->fd, r->temporary) : -ENOMEM;
	} while (err == -EEXIST);
	if (err) {
		free(r->temporary);
		r->temporary = NULL;
	}
	return err;
}

/* It gets a name that is in use. */
static int publish_over(struct replace *r)
{
	int err = r->temporary ? 0 : name_temporary(r);

	if (!err)
		err = close_file(r);
	if (!err && rename(r->temporary, r->path) < 0)
		err = -errno;
	return err;
}

int replace_publish(struct replace *r, bool over)
{
	int err = over ? publish_over(r) : publish_new(r);

	if (!err && !over && r->temporary)
		(void)unlink(r->temporary);
	if (!err) {
		free(r->temporary);
		r->temporary = NULL;
	}
	return err;
}

int replace_sync_name(const char *path)
{
	return outfile_sync_name(path);
}

/* Whether syncing the one syncs the other as well. */
static bool are_together(const struct replace_place *place, const char *path,
	const struct stat *st)
{
#ifdef HAVE_SYNCFS
	(void)path;
	return place->dev == st->st_dev;
#else
	size_t len = (size_t)(base_of(path) - path);

	(void)st;
	return (size_t)(base_of(place->path) - place->path) == len &&
	       strncmp(place->path, path, len) == 0;
#endif
}

int replace_names_add(struct replace_names *names, const char *path)
{
	struct replace_place *more;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno; /* gone again */
	for (size_t i = 0; i < names->n; i++)
		if (are_together(&names->places[i], path, &st))
			return 0;
	more = realloc(names->places, (names->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	names->places = more;
	more[names->n] = (struct replace_place){strdup(path), st.st_dev};
	return more[names->n++].path ? 0 : -ENOMEM;
}

static int sync_place(const struct replace_place *place)
{
#ifdef HAVE_SYNCFS
	char *folder = folder_of(place->path);
	int fd, err = folder ? 0 : -ENOMEM;

	fd = err ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err && fd < 0) /* that may not be read, but the file? */
		fd = open(place->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!err && (fd < 0 || sync_system_of(fd) < 0))
		err = -errno;
	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return err;
#else
	return outfile_sync_name(place->path);
#endif
}

int replace_names_sync(const struct replace_names *names)
{
	int err = 0;

	for (size_t i = 0; !err && i < names->n; i++)
		err = names->places[i].path ? sync_place(&names->places[i]) : 0;
	return err;
}

void replace_names_release(struct replace_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->places[i].path);
	free(names->places);
	*names = (struct replace_names){.n = 0};
}

void replace_drop(struct replace *r)
{
	if (r->fd >= 0)
		(void)close(r->fd); /* what was written is not wanted */
	if (r->temporary)
		(void)unlink(r->temporary);
	free(r->temporary);
	free(r->path);
	*r = REPLACE_NONE;
}
