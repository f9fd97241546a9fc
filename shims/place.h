/* Finds this program, GOX_HOME and the start directory; reads files up to a limit; searches PATH. */

#define LONGEST_PATH 4096

typedef struct {
	/* GOX_HOME, absolute. */
	text home;
	/* This program's file, so that it never takes itself for Go. Zero if unknown. */
	dev_t device;
	ino_t inode;
	/* The base name that this program was run by. */
	text name;
} place;

static bool is_self(const place *here, const struct stat *file) {
	return here->inode && file->st_ino == here->inode && file->st_dev == here->device;
}

static text directory_of(text path) {
	while (path.len && path.at[path.len - 1] != '/') path.len--;
	while (path.len > 1 && path.at[path.len - 1] == '/') path.len--;
	return path;
}

static text base_of(text path) {
	size_t from = path.len;
	while (from && path.at[from - 1] != '/') from--;
	return skip(path, from);
}

/* Absolute, without `.` and `..`, doubled and trailing slashes. */
static bool is_plain(text path) {
	if (!starts(path, T("/"))) return false;
	for (text rest = skip(path, 1); path.len > 1;) {
		bool last = !holds(rest, '/');
		text part = take_until(&rest, '/');
		if (!part.len || same(part, T(".")) || same(part, T(".."))) return false;
		if (last) break;
	}
	return true;
}

static bool climbs(text path) {
	while (path.len) {
		if (same(take_until(&path, '/'), T(".."))) return true;
	}
	return false;
}

/* Appends to an absolute path, component by component, without `.` and doubled slashes. The root is the empty text. */
static void join(buffer *to, text path) {
	while (path.len) {
		text part = take_until(&path, '/');
		if (part.len && !same(part, T("."))) PUT(to, T("/"), part);
	}
}

/* The path that was executed, unresolved: what the caller typed, or what PATH led to. */
static text executed_path(void) {
#ifdef __APPLE__
	static char path[LONGEST_PATH];
	uint32_t size = sizeof path;
	return _NSGetExecutablePath(path, &size) == 0 ? text_of(path) : none;
#else
	return text_of((const char *)getauxval(AT_EXECFN));
#endif
}

static text resolved_self(char *bytes) {
#ifdef __APPLE__
	char real[PATH_MAX];
	if (!realpath(executed_path().at, real) || strlen(real) >= LONGEST_PATH) return none;
	return text_of(strcpy(bytes, real));
#else
	ssize_t length = readlink("/proc/self/exe", bytes, LONGEST_PATH);
	return length > 0 && length < LONGEST_PATH ? (text){bytes, (size_t)length} : none;
#endif
}

static text shims_parent(text path) {
	text directory = directory_of(path);
	return starts(path, T("/")) && same(base_of(directory), T("shims")) ? directory_of(directory) : none;
}

enum finding { FOUND, HOMELESS, UNFIT };

/*
 * GOX_HOME, else the home whose shims/ has this program, else ~/.gox. HOMELESS: HOME is unknown too. UNFIT: GOX_HOME
 * means another place in each directory, or to readers that follow links and readers that don't.
 */
static enum finding find_place(place *here) {
	static char own_bytes[LONGEST_PATH], home_bytes[LONGEST_PATH];
	text executed = executed_path();
	struct stat file;
	*here = (place){none, 0, 0, base_of(executed)};
	/* A regular file at the path that PATH gives needs no /proc, and keeps the user's spelling of the home. */
	text own = executed;
	bool known = is_plain(executed) && lstat(executed.at, &file) == 0 && S_ISREG(file.st_mode);
	if (!known) {
		own = resolved_self(own_bytes);
		known = starts(own, T("/")) && stat(own.at, &file) == 0;
		/* After fexecve the name is /dev/fd/N. */
		if (!executed.len || starts(executed, T("/dev/fd/"))) here->name = base_of(own);
	}
	if (known) {
		here->device = file.st_dev;
		here->inode = file.st_ino;
	}
	buffer home = BUFFER(home_bytes);
	text wanted = text_of(getenv("GOX_HOME"));
	if (wanted.len && (!starts(wanted, T("/")) || climbs(wanted))) return UNFIT;
	text lexical = wanted.len ? wanted : shims_parent(own);
	/* The directory may be a link to shims/ with another name. */
	if (!lexical.len) lexical = shims_parent(resolved_self(own_bytes));
	if (!lexical.len) {
		text user = text_of(getenv("HOME"));
		if (!starts(user, T("/"))) return HOMELESS;
		join(&home, user);
		put(&home, T("/.gox"));
	} else {
		join(&home, lexical);
	}
	here->home = whole(&home);
	return home.cut ? HOMELESS : FOUND;
}

static void put_in_home(buffer *to, const place *here, text name) {
	PUT(to, here->home, T("/"), name);
}

/* A file's text, and its owner. */
typedef struct {
	text content;
	uid_t owner;
} document;

enum reading { READ, ABSENT, DIRECTORY, IRREGULAR, TOO_LARGE, UNREADABLE };

/* The system's reason, in the same words with every libc and in src/boundedfile.ts. */
static void put_reason(buffer *to, int error) {
	switch (error) {
	case EACCES: put(to, T("Permission denied")); break;
	case EPERM: put(to, T("Operation not permitted")); break;
	case ELOOP: put(to, T("Too many levels of symbolic links")); break;
	case EIO: put(to, T("Input/output error")); break;
	case ENOSPC: put(to, T("No space left on device")); break;
	case ENOENT: put(to, T("No such file or directory")); break;
	case ENOEXEC: put(to, T("Exec format error")); break;
	case E2BIG: put(to, T("Argument list too long")); break;
#ifdef EBADARCH
	case EBADARCH: put(to, T("Bad CPU type in executable")); break;
#endif
	default: put(to, T("system error ")); put_number(to, (size_t)error);
	}
}

/* Closed again before anything is executed: O_CLOEXEC would cost a system call more with musl. */
static int open_quietly(const char *path) {
	int file;
	do file = open(path, O_RDONLY | O_NONBLOCK);
	while (file < 0 && errno == EINTR);
	return file;
}

/* Why open failed. A file in a directory that may not be searched counts as absent; a file that may not be read doesn't. */
static enum reading unopened(const char *path) {
	struct stat file;
	int error = errno;
	if (error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG) return ABSENT;
	if (error == ENXIO || error == EOPNOTSUPP) return IRREGULAR;
	if (error == EACCES && lstat(path, &file) != 0) return ABSENT;
	errno = error;
	return UNREADABLE;
}

/* Reads a regular file of at most `limit` bytes into `bytes`, which has room for one more. UNREADABLE sets errno. */
static enum reading read_file(const char *path, char *bytes, size_t limit, document *to) {
	int file = open_quietly(path);
	if (file < 0) return unopened(path);
	struct stat kind = {0};
	enum reading result = READ;
	size_t length = 0;
	if (fstat(file, &kind) != 0) result = UNREADABLE;
	else if (S_ISDIR(kind.st_mode)) result = DIRECTORY;
	else if (!S_ISREG(kind.st_mode)) result = IRREGULAR;
	while (result == READ && length <= limit) {
		ssize_t got = read(file, bytes + length, limit + 1 - length);
		if (got == 0) break;
		if (got > 0) length += (size_t)got;
		else if (errno != EINTR) result = UNREADABLE;
		if (length == (size_t)kind.st_size) break;
	}
	if (result == READ && length > limit) result = TOO_LARGE;
	int error = errno;
	close(file);
	errno = error;
	*to = (document){{bytes, length}, kind.st_uid};
	return result;
}

/* The target of a symlink; empty if there is none, or if it is longer than any that gox makes. */
static text read_symlink(const char *path, char *bytes, size_t size) {
	ssize_t length = readlink(path, bytes, size);
	return length > 0 && (size_t)length < size ? (text){bytes, (size_t)length} : none;
}

static bool is_working_directory(const char *path) {
	struct stat there, here;
	return stat(path, &there) == 0 && stat(".", &here) == 0 && there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

/*
 * $PWD if it names the working directory, else getcwd. The root is the empty text; false if the directory was deleted.
 * `real` says that the path has no symlink.
 */
static bool find_working_directory(buffer *start, bool *real) {
	static char bytes[LONGEST_PATH];
	text shown = text_of(getenv("PWD")), known = text_of(getcwd(bytes, sizeof bytes));
	*real = starts(known, T("/"));
	if (!*real || !same(shown, known)) {
		bool believed = is_plain(shown) && is_working_directory(shown.at);
		if (!believed && !*real) return false;
		*real = !believed;
		if (!believed) shown = known;
	}
	clear(start);
	join(start, shown);
	return !start->cut;
}

/* DIR of `go -C DIR`, in the places where cmd/go accepts it (handleChdirFlag in cmd/go/main.go); empty if there is none. */
static text find_chdir(int argc, char **argv) {
	int at = 1;
	text command = argc > 1 ? text_of(argv[1]) : none;
	if (command.len && !starts(command, T("-"))) at = 2;
	bool nested = same(command, T("mod")) || same(command, T("work"));
	if (nested && argc > 2 && argv[2][0] && argv[2][0] != '-') at = 3;
	text flag = at < argc ? text_of(argv[at]) : none;
	text value = flag;
	text name = take_until(&value, '=');
	if (!same(name, T("-C")) && !same(name, T("--C"))) return none;
	if (name.len < flag.len) return value;
	return at + 1 < argc ? text_of(argv[at + 1]) : none;
}

/* Moves the start to where cmd/go is after its chdir: $PWD if that names the directory, else the real path. */
static void move_start(buffer *start, bool *known, text directory) {
	static char real_bytes[LONGEST_PATH > PATH_MAX ? LONGEST_PATH : PATH_MAX];
	text shown = text_of(getenv("PWD"));
	struct stat there, said;
	if (!realpath(directory.at, real_bytes) || stat(real_bytes, &there) != 0 || !S_ISDIR(there.st_mode)) return;
	bool believed = is_plain(shown) && stat(shown.at, &said) == 0 && said.st_ino == there.st_ino && said.st_dev == there.st_dev;
	clear(start);
	join(start, believed ? shown : text_of(real_bytes));
	*known = !start->cut;
}

/* Room for new values of environment variables, and for a larger array. The kernel allows no more. */
static char environment_bytes[1 << 20];
static buffer environment = {environment_bytes, sizeof environment_bytes, 0, false};

static char **find_variable(text name) {
	for (char **entry = environ; entry && *entry; entry++) {
		if (strncmp(*entry, name.at, name.len) == 0 && (*entry)[name.len] == '=') return entry;
	}
	return NULL;
}

/* Removes every occurrence, in place: the array is this process's own. */
static void drop_variable(text name) {
	char **kept = find_variable(name);
	if (!kept) return;
	for (char **entry = kept; *entry; entry++) {
		if (strncmp(*entry, name.at, name.len) != 0 || (*entry)[name.len] != '=') *kept++ = *entry;
	}
	*kept = NULL;
}

static char **make_room_for_variable(void) {
	size_t count = 0;
	while (environ && environ[count]) count++;
	char **grown = mmap(NULL, (count + 2) * sizeof *grown, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (grown == MAP_FAILED) return NULL;
	if (count) memcpy(grown, environ, count * sizeof *grown);
	grown[count] = grown[count + 1] = NULL;
	environ = grown;
	return grown + count;
}

/* Sets a variable to the parts, joined. False if there is no room; the old value then stays. */
static bool set_variable(text name, const text *parts, size_t count) {
	size_t from = environment.len;
	PUT(&environment, name, T("="));
	put_all(&environment, parts, count);
	char **slot = environment.cut ? NULL : find_variable(name);
	if (!slot && !environment.cut) slot = make_room_for_variable();
	if (!slot) {
		environment.cut = false;
		environment.len = from;
		return false;
	}
	*slot = environment.at + from;
	environment.len++;
	return true;
}

#define SET(name, ...) set_variable((name), (const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))

/* The next directory of PATH, empty ones included. */
static bool next_on_path(text *path, bool *more, text *entry) {
	if (!*more) return false;
	*more = holds(*path, ':');
	*entry = take_until(path, ':');
	return true;
}

static bool is_on_path(text directory) {
	text path = text_of(getenv("PATH")), entry;
	bool more = path.len > 0;
	while (next_on_path(&path, &more, &entry)) {
		while (entry.len > 1 && entry.at[entry.len - 1] == '/') entry.len--;
		if (same(entry, directory)) return true;
	}
	return false;
}
