/* Which Go, and why: docs/selection.md, source by source. */

enum code { NOT_INSTALLED, NO_GO, NOT_A_VERSION, BAD_VERSION_FILE, FILE_SYSTEM, COMMAND_NOT_FOUND, NOT_EXECUTABLE, BAD_HOME, USAGE, INTERNAL };

static const struct {
	const char *name;
	int exit;
} codes[] = {
	{"not-installed", 3},       {"no-go", 3},            {"not-a-version", 2}, {"bad-version-file", 2}, {"file-system", 6},
	{"command-not-found", 127}, {"not-executable", 126}, {"bad-home", 2},      {"usage", 2},            {"internal", 1},
};

#define LONGEST_MESSAGE (3 * LONGEST_PATH)

typedef struct {
	enum code code;
	buffer message, hint;
	/* The request for `gox auto-install`; empty if no install would help. */
	buffer request;
	/* WHO of the document. */
	text asked_by;
	/* Whether that is a file, and its owner. */
	bool asked_by_file;
	uid_t owner;
	/* The longest are last, so that what every start touches is close together. */
	char request_bytes[256], hint_bytes[512], message_bytes[LONGEST_MESSAGE];
} failure;

static void expect_no_failure(failure *why) {
	why->message = BUFFER(why->message_bytes);
	why->hint = BUFFER(why->hint_bytes);
	why->request = BUFFER(why->request_bytes);
	why->message_bytes[0] = why->hint_bytes[0] = why->request_bytes[0] = 0;
	why->asked_by = none;
	why->asked_by_file = false;
}

/* The `source` of `gox current --json`. */
typedef struct {
	text kind;
	/* Empty if there is no file. */
	text path;
	text word;
	size_t line;
	uid_t owner;
} source;

typedef struct {
	source from;
	bool pinned, system;
	/* `go1.22.5` or `go1.15.15@darwin-amd64`; for a system Go what its VERSION says. */
	text key;
	/* Empty for a system go that is another program's wrapper. */
	text goroot;
	/* The directory of its tools. */
	text bin;
	/* The `go` of a system Go, as found on PATH. */
	text program;
	/* The system Go is small enough to be a script or another manager's shim, which may run this shim again. */
	bool may_loop;
} selection;

/* The start is found when a source first needs it. GOX_VERSION never does. */
typedef struct {
	place here;
	/* DIR of `go -C DIR`; empty if there is none. */
	text chdir;
	enum { UNASKED, KNOWN, GONE } start_is;
	/* The start is the working directory and has no symlink, so `..` leads to its parent. */
	bool start_is_real;
	char start_bytes[LONGEST_PATH];
	buffer start;
} question;

/* False where the working directory has been deleted. */
static bool find_start(question *asked) {
	if (asked->start_is == UNASKED) {
		asked->start = BUFFER(asked->start_bytes);
		bool known = find_working_directory(&asked->start, &asked->start_is_real);
		if (asked->chdir.len) asked->start_is_real = false;
		if (asked->chdir.len) move_start(&asked->start, &known, asked->chdir);
		asked->start_is = known ? KNOWN : GONE;
	}
	return asked->start_is == KNOWN;
}

static bool is_file_source(const source *from) {
	return from->path.len && !same(from->kind, T("default"));
}

static text who(const source *from) {
	if (same(from->kind, T("default"))) return T("the default");
	return from->path.len ? from->path : from->kind;
}

/* ---- versions and aliases in GOX_HOME ---- */

static bool is_installed(const place *here, text key) {
	char bytes[LONGEST_PATH];
	buffer path = BUFFER(bytes);
	struct stat file;
	put_in_home(&path, here, T("versions/"));
	PUT(&path, key, T("/bin/go"));
	return !path.cut && stat(path.at, &file) == 0 && !is_self(here, &file);
}

/* The version that a symlink in GOX_HOME names: the last component of its target, if that has the form of a key. */
static text read_link_to_version(const place *here, text directory, text name, char *bytes, size_t size) {
	char path_bytes[LONGEST_PATH];
	buffer path = BUFFER(path_bytes);
	put_in_home(&path, here, directory);
	put(&path, name);
	text key = path.cut ? none : base_of(read_symlink(path.at, bytes, size));
	return is_key(key) ? key : none;
}

static void choose(const place *here, text key, selection *to) {
	static char bin_bytes[LONGEST_PATH], key_bytes[512];
	buffer bin = BUFFER(bin_bytes), kept = BUFFER(key_bytes);
	put(&kept, key);
	put_in_home(&bin, here, T("versions/"));
	PUT(&bin, key, T("/bin"));
	to->key = whole(&kept);
	to->bin = whole(&bin);
	to->goroot = directory_of(to->bin);
}

static bool fail_not_installed(failure *why, const source *from) {
	why->code = NOT_INSTALLED;
	why->asked_by = who(from);
	why->asked_by_file = is_file_source(from);
	why->owner = from->owner;
	text platform = whole(&why->request);
	text word = take_until(&platform, '@');
	PUT(&why->hint, T("gox install "), word, platform.len ? T(" --platform ") : none, platform);
	return false;
}

static bool fail_missing_key(failure *why, const source *from, text key, text word) {
	PUT(&why->message, key, T(" is not installed (asked for by "), who(from), T(")"));
	put(&why->request, word);
	return fail_not_installed(why, from);
}

static bool fail_missing_release(failure *why, const source *from, text key) {
	char bytes[256];
	buffer word = BUFFER(bytes);
	put_exact_word(&word, release_of(key));
	put(&word, skip(key, release_of(key).len));
	return fail_missing_key(why, from, key, whole(&word));
}

/* ---- the next go on PATH that isn't gox's ---- */

/* Every shim, native or sh, contains this text, so that shims recognize each other. */
static const char marker[] __attribute__((used)) = "gox-shim-marker";

/* No real cmd/go is smaller. A smaller program may be another manager's shim. */
#define SMALLEST_GO (1 << 20)
/* The shims that gox builds have a fifth of this size. */
#define LARGEST_SHIM (1 << 19)
#define DEEPEST 8

/* For go.mod, go.work, and small programs that may be shims. */
static char large_bytes[(16 << 20) + 1];

static size_t depth_of_shims(void) {
	text depth = text_of(getenv("GOX_SHIM_DEPTH"));
	return depth.len == 1 && is_digit(depth.at[0]) ? (size_t)(depth.at[0] - '0') : depth.len ? DEEPEST : 0;
}

static bool is_foreign_program(const place *here, const char *path, bool *small) {
	struct stat file;
	if (stat(path, &file) != 0 || !S_ISREG(file.st_mode) || is_self(here, &file) || access(path, X_OK) != 0) return false;
	*small = file.st_size < SMALLEST_GO;
	if (!*small) return true;
	if (depth_of_shims() >= DEEPEST) return false;
	if (file.st_size >= LARGEST_SHIM) return true;
	document program;
	return read_file(path, large_bytes, LARGEST_SHIM, &program) != READ || !contains(program.content, text_of(marker));
}

/* The first line of GOROOT/VERSION, if it names a Go. */
static text read_system_version(text goroot) {
	static char bytes[LONGEST_PATH + 1];
	char path_bytes[LONGEST_PATH];
	buffer path = BUFFER(path_bytes);
	PUT(&path, goroot, T("/VERSION"));
	document version;
	if (path.cut || read_file(path.at, bytes, LONGEST_PATH, &version) != READ) return T("system");
	text line = take_until(&version.content, '\n');
	return starts(line, T("go")) ? line : T("system");
}

static bool is_program(const char *path) {
	struct stat file;
	return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

/* The GOROOT of a system go. A wrapper has none, and its tools are looked for beside it. */
static void find_system_tree(selection *to, text real) {
	static char bin_bytes[LONGEST_PATH];
	buffer bin = BUFFER(bin_bytes);
	text goroot = directory_of(directory_of(real));
	PUT(&bin, same(goroot, T("/")) ? none : goroot, T("/bin/go"));
	bool tree = !bin.cut && is_program(bin.at);
	to->bin = tree ? directory_of(whole(&bin)) : directory_of(to->program);
	to->goroot = tree ? directory_of(to->bin) : none;
	to->key = tree ? read_system_version(to->goroot) : T("system");
}

static bool find_system(const place *here, selection *to) {
	static char program_bytes[LONGEST_PATH], real_bytes[LONGEST_PATH > PATH_MAX ? LONGEST_PATH : PATH_MAX];
	text path = text_of(getenv("PATH")), entry;
	bool more = path.len > 0;
	while (next_on_path(&path, &more, &entry)) {
		buffer program = BUFFER(program_bytes);
		while (entry.len && entry.at[entry.len - 1] == '/') entry.len--;
		PUT(&program, entry, T("/go"));
		if (program.cut || program.at[0] != '/' || !is_foreign_program(here, program.at, &to->may_loop)) continue;
		if (!realpath(program.at, real_bytes)) continue;
		to->system = true;
		to->program = whole(&program);
		find_system_tree(to, text_of(real_bytes));
		return true;
	}
	return false;
}

/* ---- pins ---- */

/* The directory under versions/ that a pin means now; empty if an alias or a prefix leads to none. */
static text key_of(const place *here, const pin *asked, char *bytes, size_t size) {
	if (asked->form != EXACT) return read_link_to_version(here, T("aliases/"), asked->name, bytes, size);
	buffer key = {bytes, size, 0, false};
	put_release_name(&key, asked->name, &asked->version);
	if (asked->platform.len) PUT(&key, T("@"), asked->platform);
	return whole(&key);
}

static bool fail_not_a_version(failure *why, const source *from, bool unknown_alias) {
	bool file = is_file_source(from);
	why->code = file ? BAD_VERSION_FILE : NOT_A_VERSION;
	put(&why->message, who(from));
	put(&why->message, T(":"));
	if (file) {
		put_number(&why->message, from->line);
		put(&why->message, T(":"));
	}
	put(&why->message, T(" "));
	put_quoted(&why->message, from->word);
	put(&why->message, T(" is not a Go version"));
	if (unknown_alias) put(&why->message, T(", and no alias has that name"));
	if (file) put(&why->hint, T("write one with: gox pin 1.22.5"));
	else if (same(from->kind, T("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"))) PUT(&why->hint, T("unset "), from->kind);
	else put(&why->hint, T("a version is like 1.22.5, 1.22 or latest; in this shell: gox use 1.22.5"));
	return false;
}

static bool fail_missing_pin(failure *why, const source *from, const pin *asked, text key) {
	text word = without_go(asked->word);
	if (asked->form == EXACT) return fail_missing_key(why, from, key, word);
	if (asked->form == ALIAS) return fail_missing_release(why, from, key);
	put(&why->message, T("no Go "));
	if (asked->form == PREFIX) PUT(&why->message, asked->name, T(" "));
	PUT(&why->message, T("is installed (asked for by "), who(from), T(")"));
	put(&why->request, word);
	return fail_not_installed(why, from);
}

static bool fail_no_system(failure *why, const source *from) {
	why->code = NO_GO;
	PUT(&why->message, T("no go on PATH besides gox's own (asked for by "), who(from), T(")"));
	put(&why->hint, T("gox install latest"));
	return false;
}

static bool select_pin(const place *here, const source *from, const pin *asked, selection *to, failure *why) {
	char bytes[512];
	to->from = *from;
	to->pinned = true;
	if (asked->form == SYSTEM) return find_system(here, to) || fail_no_system(why, from);
	text key = key_of(here, asked, bytes, sizeof bytes);
	if (!key.len || !is_installed(here, key)) return fail_missing_pin(why, from, asked, key);
	choose(here, key, to);
	return true;
}

static bool is_known_alias(const place *here, const pin *asked) {
	char bytes[512];
	return asked->form != ALIAS || key_of(here, asked, bytes, sizeof bytes).len > 0;
}

/* Reads the source's word as a pin; an alias must exist. */
static bool check_pin(const place *here, const source *from, pin *asked, failure *why) {
	if (!parse_pin(from->word, asked)) return fail_not_a_version(why, from, false);
	return is_known_alias(here, asked) || fail_not_a_version(why, from, true);
}

static bool select_word(const place *here, const source *from, selection *to, failure *why) {
	pin asked;
	return check_pin(here, from, &asked, why) && select_pin(here, from, &asked, to, why);
}

/* V of `goV`, cut at the first dash or blank: an exact release, and go1.20 is one. */
static bool parse_toolchain(text name, text *release, go_version *version) {
	if (!starts(name, T("go"))) return false;
	*release = skip(name, 2);
	for (size_t i = 0; i < release->len; i++) {
		char c = release->at[i];
		if (c == '-' || c == ' ' || c == '\t') *release = first(*release, i);
	}
	return parse_release(*release, version);
}

static bool select_switch(const place *here, const source *from, selection *to, failure *why) {
	char bytes[512], word_bytes[256];
	buffer key = BUFFER(bytes), word = BUFFER(word_bytes);
	text release;
	go_version version;
	to->from = *from;
	if (!parse_toolchain(from->word, &release, &version) || release.len > 128) {
		return fail_not_a_version(why, from, false);
	}
	put_release_name(&key, release, &version);
	put_exact_word(&word, whole(&key));
	if (!is_installed(here, whole(&key))) return fail_missing_key(why, from, whole(&key), whole(&word));
	choose(here, whole(&key), to);
	return true;
}

/* ---- version files ---- */

#define LONGEST_VERSION_FILE 65536

static bool fail_reading(failure *why, const source *from, enum reading result, text limit, text hint) {
	why->code = result == UNREADABLE ? FILE_SYSTEM : BAD_VERSION_FILE;
	put(&why->message, from->path);
	if (result == UNREADABLE) {
		put(&why->message, T(" cannot be read: "));
		put_reason(&why->message, errno);
	} else if (result == TOO_LARGE) PUT(&why->message, T(" is larger than "), limit);
	else put(&why->message, T(" is not a regular file"));
	if (result != UNREADABLE) put(&why->hint, hint);
	return false;
}

enum answer { NO_ANSWER, ANSWERED, FAILED };

static text without_comment(text line) {
	for (size_t i = 0; i < line.len; i++) {
		bool opens = line.at[i] == '#' || starts(skip(line, i), T("//"));
		if (opens && (i == 0 || is_blank(line.at[i - 1]))) return first(line, i);
	}
	return line;
}

/* `go 1.22.5` is 1.22.5 if nothing follows. Every other line stays as it is. */
static text without_tool(text line) {
	text rest = line;
	text tool = take_word(&rest), word = take_word(&rest);
	bool named = same(tool, T("go")) || same(tool, T("golang"));
	return named && word.len && is_digit(word.at[0]) && !trim(rest).len ? word : line;
}

static enum answer fail_second_word(failure *why, const source *from, const source *before) {
	why->code = BAD_VERSION_FILE;
	PUT(&why->message, from->path, T(":"));
	put_number(&why->message, from->line);
	put(&why->message, T(": "));
	put_quoted(&why->message, from->word);
	put(&why->message, T(": one version is wanted, and line "));
	put_number(&why->message, before->line);
	put(&why->message, T(" says "));
	put_quoted(&why->message, before->word);
	put(&why->hint, T("write one with: gox pin 1.22.5"));
	return FAILED;
}

static enum answer read_go_version_file(const place *here, text content, source *from, failure *why) {
	pin asked;
	source at = *from;
	from->word = none;
	while (content.len) {
		at.line++;
		text line = trim(without_comment(take_until(&content, '\n')));
		if (!line.len) continue;
		at.word = without_tool(line);
		if (!check_pin(here, &at, &asked, why)) return FAILED;
		if (!from->word.len) *from = at;
		else if (!same(without_go(at.word), without_go(from->word))) return fail_second_word(why, &at, from);
	}
	return from->word.len ? ANSWERED : NO_ANSWER;
}

/* Whether a word of .tool-versions could run now. `system` counts, whether there is one or not. */
static bool is_available(const place *here, const pin *asked) {
	char bytes[512];
	if (asked->form == SYSTEM) return true;
	text key = key_of(here, asked, bytes, sizeof bytes);
	return key.len && is_installed(here, key);
}

static enum answer choose_word(const place *here, text words, source *from, failure *why) {
	pin asked;
	text rest = words, chosen = none;
	size_t count = 0;
	while ((from->word = take_word(&rest)).len) {
		if (!check_pin(here, from, &asked, why)) return FAILED;
		bool only = count++ == 0 && !trim(rest).len;
		if (!chosen.len && (only || is_available(here, &asked))) chosen = from->word;
	}
	from->word = chosen.len ? chosen : take_word(&words);
	return ANSWERED;
}

static enum answer read_tool_versions_file(const place *here, text content, source *from, failure *why) {
	while (content.len) {
		from->line++;
		text line = take_until(&content, '\n');
		line = first(line, find(line, '#'));
		text tool = take_word(&line);
		bool go = same(tool, T("golang")) || same(tool, T("go"));
		if (go && trim(line).len) return choose_word(here, line, from, why);
	}
	return NO_ANSWER;
}

static enum answer read_pins(const place *here, text content, source *from, failure *why) {
	if (holds(content, 0)) {
		why->code = BAD_VERSION_FILE;
		PUT(&why->message, from->path, T(" holds a NUL byte"));
		put(&why->hint, T("write one with: gox pin 1.22.5"));
		return FAILED;
	}
	if (starts(content, T("\xef\xbb\xbf"))) content = skip(content, 3);
	bool plain = same(from->kind, T(".go-version"));
	return plain ? read_go_version_file(here, content, from, why) : read_tool_versions_file(here, content, from, why);
}

static enum answer read_pin_file(const place *here, source *from, failure *why) {
	static char bytes[LONGEST_VERSION_FILE + 1];
	document file;
	enum reading result = read_file(from->path.at, bytes, LONGEST_VERSION_FILE, &file);
	if (result == ABSENT) return NO_ANSWER;
	if (result != READ) return fail_reading(why, from, result, T("64 KiB"), T("write one with: gox pin 1.22.5")), FAILED;
	from->owner = file.owner;
	return read_pins(here, file.content, from, why);
}

/* Removes the last component; false at the root, which is the empty text. */
static bool go_up(buffer *path) {
	if (!path->len) return false;
	while (path->at[path->len] != '/') path->len--;
	path->at[path->len] = 0;
	return true;
}

/* Going upward from the start: the directory, and its path from the working directory. */
typedef struct {
	buffer directory, back;
	bool is_real;
} climb;

static climb climb_from(const question *asked) {
	static char directory_bytes[LONGEST_PATH], back_bytes[LONGEST_PATH];
	climb way = {BUFFER(directory_bytes), BUFFER(back_bytes), asked->start_is_real};
	clear(&way.back);
	clear(&way.directory);
	join(&way.directory, whole(&asked->start));
	return way;
}

static bool climb_on(climb *way) {
	put(&way->back, T("../"));
	return go_up(&way->directory);
}

/*
 * Whether the file certainly doesn't exist. `path` is its absolute path. access() costs half of a failing open(), and
 * the kernel resolves the shorter of the two paths faster.
 */
static bool is_absent(climb *way, text name, const buffer *path) {
	const char *shorter = path->at;
	size_t length = way->back.len;
	if (way->is_real && length + name.len < path->len && !way->back.cut) {
		put(&way->back, name);
		shorter = way->back.at;
	}
	bool absent = access(shorter, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
	way->back.len = length;
	way->back.at[length] = 0;
	return absent;
}

static enum answer find_pin_file(question *asked, source *from, failure *why) {
	static char path_bytes[LONGEST_PATH];
	static const text names[] = {CONSTANT(".go-version"), CONSTANT(".tool-versions")};
	climb way = climb_from(asked);
	do {
		for (size_t i = 0; i < 2; i++) {
			buffer path = BUFFER(path_bytes);
			PUT(&path, whole(&way.directory), T("/"), names[i]);
			if (path.cut || is_absent(&way, names[i], &path)) continue;
			*from = (source){names[i], whole(&path), none, 0, 0};
			enum answer answer = read_pin_file(&asked->here, from, why);
			if (answer != NO_ANSWER) return answer;
		}
	} while (climb_on(&way));
	return NO_ANSWER;
}
