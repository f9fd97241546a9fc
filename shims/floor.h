/* go.work and go.mod: the least version that they ask for, and which installed Go satisfies it. */

#define LONGEST_MODULE_FILE (16 << 20)

static const text module_hint = CONSTANT("correct it, or choose a Go with: gox use 1.22.5");

/* The greater of the go and the toolchain line. */
typedef struct {
	source from;
	go_version version;
	/* V, without `go`. */
	text word;
} floor_line;

/* ---- tokens, as in golang.org/x/mod/modfile ---- */

static const text punctuation = CONSTANT("()[]{},");

static bool is_module_blank(char c) {
	return c == ' ' || c == '\t' || c == '\r';
}

/* The length of a quoted token. Without a closing mark it ends at the end of its line. */
static size_t quoted_length(text line) {
	size_t at = 1;
	while (at < line.len && line.at[at] != line.at[0]) at += line.at[at] == '\\' && line.at[0] == '"' && at + 1 < line.len ? 2 : 1;
	return at < line.len ? at + 1 : line.len;
}

static size_t token_length(text line) {
	char c = line.at[0];
	if (holds(punctuation, c)) return 1;
	if (c == '"' || c == '`') return quoted_length(line);
	size_t at = 0;
	while (at < line.len && !is_module_blank(line.at[at]) && !holds(punctuation, line.at[at])) {
		if (at && starts(skip(line, at), T("//"))) break;
		at++;
	}
	return at;
}

/* The next token of the line; empty at the end of the line or at a comment. */
static text take_token(text *line) {
	while (line->len && is_module_blank(line->at[0])) *line = skip(*line, 1);
	if (!line->len || starts(*line, T("//"))) return *line = none;
	size_t length = token_length(*line);
	text token = first(*line, length);
	*line = skip(*line, length);
	return token;
}

typedef struct {
	text verb, argument, last, before_last;
	size_t count;
} directive;

static bool opens_block(const directive *read) {
	return read->count > 1 && same(read->last, T("("));
}

static bool is_empty_block(const directive *read) {
	return read->count > 2 && same(read->last, T(")")) && same(read->before_last, T("("));
}

static directive read_directive(text line) {
	directive read = {none, none, none, none, 0};
	text token;
	while ((token = take_token(&line)).len) {
		if (read.count == 0) read.verb = token;
		if (read.count == 1) read.argument = token;
		read.before_last = read.last;
		read.last = token;
		read.count++;
	}
	return read;
}

/* ---- the go and the toolchain line ---- */

/* The line's tokens, joined by single blanks. */
static void put_directive(buffer *to, text line) {
	text token;
	for (bool more = false; (token = take_token(&line)).len; more = true) {
		if (more) put(to, T(" "));
		put(to, first(token, to->size - to->len > 2 ? to->size - to->len - 2 : 0));
	}
}

static bool is_go_line_version(text word, go_version *version) {
	if (word.len > 128 || !parse_go_version(word, version) || !same(version->major, T("1"))) return false;
	if (word.len == 1) return false;
	if (!is_prerelease(version)) return true;
	return !holds(skip(word, 2), '.') && parse_release(word, version);
}

/* What may follow `goV-`. */
static bool is_toolchain_suffix(text suffix) {
	for (size_t i = 0; i < suffix.len; i++) {
		char c = suffix.at[i];
		if (!is_letter(c) && !is_digit(c) && !holds(T("._+-"), c)) return false;
	}
	return true;
}

static bool is_toolchain_line_version(text name, text *release, go_version *version) {
	bool go1 = starts(name, T("go1")) && (name.len == 3 || holds(T(".-"), name.at[3]));
	return go1 && name.len <= 128 && parse_toolchain(name, release, version) && is_toolchain_suffix(skip(name, release->len + 2));
}

static enum answer fail_module_line(failure *why, const source *from, text line, text verb) {
	char bytes[512];
	buffer shown = BUFFER(bytes);
	put_directive(&shown, line);
	why->code = BAD_VERSION_FILE;
	PUT(&why->message, from->path, T(":"));
	put_number(&why->message, from->line);
	put(&why->message, T(": "));
	put_quoted(&why->message, whole(&shown));
	PUT(&why->message, T(" is not a "), verb, T(" line that gox can read"));
	put(&why->hint, module_hint);
	return FAILED;
}

/* Reads one `go` or `toolchain` line into `to`. */
static enum answer read_module_line(const source *at, text line, const directive *read, floor_line *to, failure *why) {
	*to = (floor_line){*at, {none, none, none, none, none}, none};
	to->from.word = read->verb;
	bool go = same(read->verb, T("go"));
	if (!go && read->count == 2 && same(read->argument, T("default"))) return NO_ANSWER;
	to->word = read->argument;
	bool good = read->count == 2 && (go ? is_go_line_version(read->argument, &to->version)
	                                    : is_toolchain_line_version(read->argument, &to->word, &to->version));
	return good ? ANSWERED : fail_module_line(why, at, line, read->verb);
}

/* The text of the line that set the floor: `go 1.22`. */
static void keep_floor_text(floor_line *to, text argument) {
	static char bytes[256];
	buffer kept = BUFFER(bytes);
	PUT(&kept, to->from.word, T(" "), argument);
	to->from.word = whole(&kept);
}

static enum answer read_floor(text content, const source *from, floor_line *to, failure *why) {
	bool seen[2] = {false, false}, inside = false;
	enum answer answer = NO_ANSWER;
	text argument = none;
	source at = *from;
	while (content.len) {
		at.line++;
		text line = take_until(&content, '\n');
		directive read = read_directive(line);
		if (!read.count) continue;
		if (inside) {
			inside = !same(read.verb, T(")"));
			continue;
		}
		inside = opens_block(&read);
		if (inside || is_empty_block(&read)) continue;
		bool toolchain = same(read.verb, T("toolchain"));
		if ((!toolchain && !same(read.verb, T("go"))) || seen[toolchain]) continue;
		seen[toolchain] = true;
		floor_line spoken;
		enum answer heard = read_module_line(&at, line, &read, &spoken, why);
		if (heard == FAILED) return FAILED;
		if (heard == NO_ANSWER) continue;
		int order = answer == ANSWERED ? compare_versions(&spoken.version, &to->version) : 1;
		if (order < 0 || (order == 0 && toolchain)) continue;
		*to = spoken;
		argument = read.argument;
		answer = ANSWERED;
	}
	if (answer == ANSWERED) keep_floor_text(to, argument);
	return answer;
}

static enum answer read_module_file(source *from, floor_line *to, failure *why, bool *there) {
	document file;
	enum reading result = read_file(from->path.at, large_bytes, LONGEST_MODULE_FILE, &file);
	*there = result != ABSENT && result != DIRECTORY;
	if (!*there) return NO_ANSWER;
	if (result != READ) return fail_reading(why, from, result, T("16 MiB"), module_hint), FAILED;
	from->owner = file.owner;
	return read_floor(file.content, from, to, why);
}

/* The nearest file of that name decides, even if it says nothing. */
static enum answer find_module_file(question *asked, text name, floor_line *to, failure *why, bool *there) {
	static char path_bytes[LONGEST_PATH];
	climb way = climb_from(asked);
	*there = false;
	do {
		buffer path = BUFFER(path_bytes);
		PUT(&path, whole(&way.directory), T("/"), name);
		if (path.cut || is_absent(&way, name, &path)) continue;
		source from = {name, whole(&path), none, 0, 0};
		enum answer answer = read_module_file(&from, to, why, there);
		if (*there) return answer;
	} while (climb_on(&way));
	return NO_ANSWER;
}

/* ---- what `go env -w` wrote ---- */

#define LONGEST_SETTINGS (1 << 20)

/* cmd/go/internal/cfg.EnvFile: GOENV, or in the user's directory for configuration. */
static bool find_settings(buffer *path) {
	text named = text_of(getenv("GOENV")), home = text_of(getenv("HOME"));
	if (named.len) {
		put(path, named);
		return !path->cut && !same(named, T("off"));
	}
#ifdef __APPLE__
	PUT(path, home, T("/Library/Application Support/go/env"));
#else
	text config = text_of(getenv("XDG_CONFIG_HOME"));
	if (config.len) home = starts(config, T("/")) ? config : none;
	PUT(path, home, config.len ? none : T("/.config"), T("/go/env"));
#endif
	return !path->cut && home.len;
}

/* GOWORK as Go sees it: from the environment, else the last that `go env -w` wrote. */
static text work_setting(void) {
	static char path_bytes[LONGEST_PATH], value_bytes[LONGEST_PATH];
	buffer path = BUFFER(path_bytes), value = BUFFER(value_bytes);
	document settings;
	text named = text_of(getenv("GOWORK"));
	if (named.len || !find_settings(&path)) return named;
	if (read_file(path.at, large_bytes, LONGEST_SETTINGS, &settings) != READ) return none;
	while (settings.content.len) {
		text line = take_until(&settings.content, '\n');
		if (!starts(line, T("GOWORK="))) continue;
		clear(&value);
		put(&value, skip(line, sizeof "GOWORK=" - 1));
	}
	return value.cut ? none : whole(&value);
}

static enum answer find_floor(question *asked, floor_line *to, failure *why) {
	text named = work_setting();
	bool there = false;
	enum answer answer = NO_ANSWER;
	if (!named.len || same(named, T("auto"))) answer = find_module_file(asked, T("go.work"), to, why, &there);
	else if (starts(named, T("/"))) answer = read_module_file(&(source){T("go.work"), named, none, 0, 0}, to, why, &there);
	return there ? answer : find_module_file(asked, T("go.mod"), to, why, &there);
}

/* ---- what satisfies it ---- */

static bool satisfies(text key, const go_version *lowest) {
	go_version version;
	text release = release_of(key);
	return release.len > 2 && parse_release(skip(release, 2), &version) && compare_versions(&version, lowest) >= 0;
}

static bool choose_if_it_satisfies(const place *here, text key, const go_version *lowest, selection *to) {
	if (!key.len || !satisfies(key, lowest) || !is_installed(here, key)) return false;
	choose(here, key, to);
	return true;
}

/* Searches versions/ for the newest pre-release of the floor's minor, or for the oldest release that is enough. */
static bool scan_versions(const place *here, const go_version *lowest, bool prerelease, selection *to) {
	char path_bytes[LONGEST_PATH], best_bytes[512];
	buffer path = BUFFER(path_bytes), best = BUFFER(best_bytes);
	put_in_home(&path, here, T("versions"));
	DIR *directory = path.cut ? NULL : opendir(path.at);
	if (!directory) return false;
	go_version chosen = {none, none, none, none, none};
	for (struct dirent *entry; (entry = readdir(directory));) {
		text key = text_of(entry->d_name);
		go_version version;
		if (!is_key(key) || holds(key, '@') || key.len >= sizeof best_bytes) continue;
		if (!parse_release(skip(key, 2), &version) || is_prerelease(&version) != prerelease) continue;
		if (compare_versions(&version, lowest) < 0) continue;
		if (prerelease && (!same(version.major, lowest->major) || !same(version.minor, lowest->minor))) continue;
		int order = best.len ? compare_versions(&version, &chosen) : 0;
		if ((best.len && (prerelease ? order <= 0 : order >= 0)) || !is_installed(here, key)) continue;
		clear(&best);
		put(&best, key);
		parse_release(skip(whole(&best), 2), &chosen);
	}
	closedir(directory);
	if (best.len) choose(here, whole(&best), to);
	return best.len > 0;
}

static bool select_for_floor(const place *here, const floor_line *lowest, selection *to, failure *why) {
	char bytes[512], minor_bytes[256];
	buffer minor = BUFFER(minor_bytes);
	const go_version *version = &lowest->version;
	to->from = lowest->from;
	text key = read_link_to_version(here, none, T("current"), bytes, sizeof bytes);
	if (choose_if_it_satisfies(here, key, version, to)) return true;
	put_minor(&minor, version);
	key = read_link_to_version(here, T("aliases/"), whole(&minor), bytes, sizeof bytes);
	if (choose_if_it_satisfies(here, key, version, to)) return true;
	if (is_prerelease(version) && scan_versions(here, version, true, to)) return true;
	if (scan_versions(here, version, false, to)) return true;
	PUT(&why->message, lowest->from.path, T(" asks for "), lowest->from.word, T("; no installed Go satisfies it"));
	put(&why->request, is_prerelease(version) ? lowest->word : whole(&minor));
	return fail_not_installed(why, &lowest->from);
}

/* ---- all sources, in order ---- */

static bool select_default(const place *here, selection *to, failure *why) {
	static char path_bytes[LONGEST_PATH], key_bytes[512];
	buffer path = BUFFER(path_bytes);
	put_in_home(&path, here, T("current"));
	text key = read_link_to_version(here, none, T("current"), key_bytes, sizeof key_bytes);
	if (!key.len) {
		to->from = (source){T("system"), none, T("system"), 0, 0};
		if (find_system(here, to)) {
			to->from.path = to->program;
			return true;
		}
		why->code = NO_GO;
		put(&why->message, T("no Go is installed, and there is no other go on PATH"));
		put(&why->hint, T("gox install latest"));
		return false;
	}
	to->from = (source){T("default"), whole(&path), release_of(key), 0, 0};
	if (!is_installed(here, key)) return fail_missing_release(why, &to->from, key);
	choose(here, key, to);
	return true;
}

/* Sets `to` to the answer, or `why` to the reason why there is none. */
static bool select_go(question *asked, selection *to, failure *why) {
	const place *here = &asked->here;
	*to = (selection){{none, none, none, 0, 0}, false, false, none, none, none, none, false};
	expect_no_failure(why);
	source from = {T("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"), none, text_of(getenv("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION")), 0, 0};
	if (from.word.len) return select_switch(here, &from, to, why);
	from = (source){T("GOX_VERSION"), none, trim_lines(text_of(getenv("GOX_VERSION"))), 0, 0};
	if (from.word.len) return select_word(here, &from, to, why);
	if (find_start(asked)) {
		enum answer answer = find_pin_file(asked, &from, why);
		if (answer == ANSWERED) return select_word(here, &from, to, why);
		if (answer == FAILED) return false;
		floor_line lowest;
		answer = find_floor(asked, &lowest, why);
		if (answer == ANSWERED) return select_for_floor(here, &lowest, to, why);
		if (answer == FAILED) return false;
	}
	return select_default(here, to, why);
}

/* Whether go.work or go.mod asks for more than the pinned version. */
static bool is_below_floor(question *asked, const selection *chosen, floor_line *lowest) {
	static failure ignored;
	expect_no_failure(&ignored);
	if (!chosen->pinned || !find_start(asked) || find_floor(asked, lowest, &ignored) != ANSWERED) return false;
	go_version version;
	text release = release_of(chosen->key);
	if (!starts(release, T("go")) || !parse_release(skip(release, 2), &version)) return false;
	return compare_versions(&version, &lowest->version) < 0;
}
